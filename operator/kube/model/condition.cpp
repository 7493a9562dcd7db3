#include "kube/model/condition.h"

#include <algorithm>

namespace millrace::kube {
namespace {

constexpr json::Field kFields[] = {
    json::field<&Condition::type>("type", "What the condition speaks of; one of the kind's list.",
                                  {.max_length = 316, .example = "Ready", .required = true}),
    json::field<&Condition::status>("status", "True, False or Unknown.", {.max_length = 7, .example = "True", .required = true}),
    json::field<&Condition::observed_generation>("observedGeneration", "The metadata.generation that was judged.", {.min = 0}),
    json::field<&Condition::last_transition>("lastTransitionTime", "When the status value last flipped."),
    json::field<&Condition::reason>("reason", "One CamelCase word for programs.", {.max_length = 1024, .example = "Trained"}),
    json::field<&Condition::message>("message", "One sentence for people.", {.max_length = 4096}),
};

}  // namespace

constinit const json::Schema Condition::schema{.doc = "One aspect of the object's state, as metav1.Condition.", .fields = kFields};

const Condition* find(const Conditions& all, std::string_view type) {
  const auto it = std::find_if(all.begin(), all.end(), [&](const Condition& c) { return c.type == type; });
  return it == all.end() ? nullptr : &*it;
}

bool is_true(const Conditions& all, std::string_view type) {
  const Condition* c = find(all, type);
  return c && c->status == "True";
}

void set(Conditions& next, const Conditions& before, Condition c, core::Instant now) {
  const Condition* old = find(before, c.type);
  c.last_transition = old && old->status == c.status ? old->last_transition : now;
  const auto it = std::find_if(next.begin(), next.end(), [&](const Condition& other) { return other.type == c.type; });
  if (it == next.end()) {
    next.push_back(std::move(c));
  } else {
    *it = std::move(c);
  }
}

}  // namespace millrace::kube
