#include "inference_service/memory.h"

#include "json/codec.h"

namespace millrace::inference_service {
namespace {

constexpr json::Field kReleased[] = {
    json::field<&Released::revision>("revision", "The canary."),
    json::field<&Released::steps>("steps", "Its steps that a person let go on, counted from the first."),
};
constexpr json::Field kMemory[] = {
    json::field<&Memory::intent>("intent", "Token of the last word that was dealt with."),
    json::field<&Memory::released>("released", "What a person let go on."),
    json::field<&Memory::paused>("paused", "A pause by a person's word."),
    json::field<&Memory::rollback>("rollback", "A rollback by a person's word."),
};

}  // namespace

constinit const json::Schema Released::schema{.doc = "Steps that a person let go on.", .fields = kReleased};
constinit const json::Schema Memory::schema{.doc = "People's words that outlive a status.", .fields = kMemory};

Memory read_memory(const kube::Service* entry) {
  Memory out;
  if (entry == nullptr) return out;
  const auto value = json::parse(entry->meta.annotation(kMemoryAnnotation));
  if (!value || value->object() == nullptr) return out;
  if (auto read = json::decode<Memory>(*value)) out = std::move(*read);
  return out;
}

std::string memory_text(const Status& status, const Memory& before) {
  Memory out{
      .intent = status.intents.empty() ? before.intent : status.intents.back().id, .paused = status.paused, .rollback = status.rollback};
  if (status.canary && status.canary->released > 0) out.released = Released{status.canary->revision, status.canary->released};
  return out == Memory{} ? std::string() : json::dump(json::encode(out));
}

}  // namespace millrace::inference_service
