#include "engine/schemas.h"

#include <algorithm>
#include <charconv>

#include "core/backoff.h"
#include "json/value.h"
#include "kube/client/verbs.h"
#include "kube/model/crd.h"

namespace millrace::engine {
namespace {

constexpr core::Duration kFirst{1'000};

// A CRD without a number was not made by this program's makers, or before they counted.
int number_of(const std::string& crd) {
  const auto parsed = json::parse(crd);
  const std::string text = parsed ? parsed->text_at({"metadata", "annotations", kube::kSchemaAnnotation}) : "";
  int out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() ? out : 0;
}

std::string cure(const kube::Resource& kind) { return "apply crds/" + kube::crd_file(kind); }

}  // namespace

Schemas::Schemas(std::vector<const kube::Resource*> kinds, int number) : number_(number) {
  for (const kube::Resource* kind : kinds) {
    rows_.push_back(
        {.kind = kind, .state = number == 0 ? State::Same : State::Unknown, .why = "CRD " + kube::crd_name(*kind) + " is not read yet"});
    if (number > 0) rows_.back().at = core::Ticks{0};
  }
}

std::optional<std::size_t> Schemas::next(core::Ticks now) {
  for (std::size_t kind = 0; kind < rows_.size(); ++kind) {
    if (!rows_[kind].at || *rows_[kind].at > now) continue;
    rows_[kind].at.reset();
    return kind;
  }
  return std::nullopt;
}

kube::Request Schemas::request(std::size_t kind) const {
  return kube::verbs::get(kube::resources::kCrd, {.name = kube::crd_name(*rows_[kind].kind)});
}

bool Schemas::answered(std::size_t kind, const core::Result<kube::Response>& response, core::Ticks now) {
  Row& row = rows_[kind];
  const std::string before = trouble(kind), name = "CRD " + kube::crd_name(*row.kind);
  const State was = row.state;
  const bool found = response && kube::verbs::succeeded(*response);
  if (!found && !(response && response->status == 404)) {  // nothing is known of it: what was known counts
    const core::Error error = response ? kube::verbs::error_of(*response) : response.error();
    if (row.state == State::Unknown) row.why = name + " cannot be read: " + error.message;
    row.at = now + core::backoff(kFirst, kAgain, row.failures++);
    return trouble(kind) != before;
  }
  row.failures = 0;
  const int number = found ? number_of(response->body) : 0;
  row.state = !found ? State::Absent : number < number_ ? State::Older : number > number_ ? State::Newer : State::Same;
  row.why =
      !found ? name + " is not installed: " + cure(*row.kind)
             : name + " has schema " + std::to_string(number) + ", this program needs " + std::to_string(number_) + ": " + cure(*row.kind);
  if (!runs(kind)) row.at = now + kAgain;
  return row.state != was || trouble(kind) != before;
}

void Schemas::doubt(std::size_t kind, core::Ticks now) {
  Row& row = rows_[kind];
  row.state = State::Unknown;
  row.why = "CRD " + kube::crd_name(*row.kind) + " is not served";
  row.at = now + kDoubt;
}

bool Schemas::is_served(std::size_t kind) const {
  const State state = rows_[kind].state;
  return state == State::Older || state == State::Same || state == State::Newer;
}

bool Schemas::runs(std::size_t kind) const { return rows_[kind].state == State::Same || rows_[kind].state == State::Newer; }

std::string Schemas::trouble(std::size_t kind) const { return runs(kind) ? "" : rows_[kind].why; }

std::optional<core::Ticks> Schemas::wake() const {
  std::optional<core::Ticks> out;
  for (const Row& row : rows_) {
    if (row.at) out = out ? std::min(*out, *row.at) : *row.at;
  }
  return out;
}

}  // namespace millrace::engine
