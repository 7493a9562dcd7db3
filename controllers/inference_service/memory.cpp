#include "inference_service/memory.h"

#include <algorithm>

#include "json/codec.h"
#include "shared/annotation.h"

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
constexpr json::Field kCourse[] = {
    json::field<&Course::step>("step", "Index of the step, from 0."),
    json::field<&Course::steps>("steps", "The steps with which it began."),
    json::field<&Course::rules>("rules", "The rules with which it began."),
};

template <class T>
std::string annotation_text(const T& memory) {
  return memory == T{} ? std::string() : json::dump(json::encode(memory));
}

}  // namespace

constinit const json::Schema Released::schema{.doc = "Steps that a person let go on.", .fields = kReleased};
constinit const json::Schema Memory::schema{.doc = "People's words that outlive a status.", .fields = kMemory};
constinit const json::Schema Course::schema{.doc = "A rollout that outlives a status.", .fields = kCourse};

Memory read_memory(const kube::Service* entry) {
  return entry == nullptr ? Memory{} : shared::read_annotation<Memory>(entry->meta, kMemoryAnnotation).value_or(Memory{});
}

std::string memory_text(const Status& status, const Memory& before) {
  Memory out{
      .intent = status.intents.empty() ? before.intent : status.intents.back().id, .paused = status.paused, .rollback = status.rollback};
  if (status.canary && status.canary->released > 0) out.released = Released{status.canary->revision, status.canary->released};
  return annotation_text(out);
}

std::optional<Course> read_course(const kube::ControllerRevision& frozen) {
  auto out = shared::read_annotation<Course>(frozen.meta, kCourseAnnotation);
  const auto many = out ? static_cast<std::int64_t>(out->steps.size()) : 0;
  const bool sound = out && out->step >= 0 && out->step <= std::max<std::int64_t>(0, many - 1);
  return sound && json::violations(&*out, Course::schema, kCourseAnnotation).empty() ? out : std::nullopt;
}

std::string course_text(const Status& status, std::string_view revision) {
  if (status.canary && status.canary->revision == revision) {
    return annotation_text(Course{status.canary->step, status.canary->steps, status.rules});
  }
  const bool bakes = !status.canary && status.stable && status.stable->bake_until && status.stable->revision == revision;
  return bakes ? annotation_text(Course{.rules = status.rules}) : std::string();
}

}  // namespace millrace::inference_service
