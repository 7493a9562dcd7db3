#include "support/toy/asker.h"

#include "kube/model/gateway.h"
#include "support/toy/widget.h"

namespace millrace::toy {
namespace {

std::string text_of(const plan::Answer& answer) {
  if (const auto* number = std::get_if<plan::Number>(&answer)) return std::to_string(number->value);
  if (const auto* none = std::get_if<plan::Unreachable>(&answer)) return none->why;
  return std::holds_alternative<plan::NoData>(answer) ? "no data" : "not a number";
}

bool is_number(const std::string& message) { return !message.empty() && message.front() >= '0' && message.front() <= '9'; }

}  // namespace

const kube::Resource& AskController::resource() const { return Widget::kResource; }

std::vector<engine::Kind> AskController::watches() const {
  return {engine::kind_of<Widget>(), engine::optional(engine::kind_of<kube::HttpRoute>())};
}

std::optional<engine::Outcome> AskController::reconcile(const engine::World& world, const kube::ObjectKey& key) const {
  const auto widget = world.get<Widget>(key.name);
  if (widget == nullptr) return std::nullopt;
  plan::Plan<Status> out{.status = widget->status};
  out.status->observed_generation = widget->meta.generation;
  out.status->phase = world.installed<kube::HttpRoute>() ? "WithRoutes" : "WithoutRoutes";
  out.status->ready = static_cast<std::int64_t>(world.list<kube::HttpRoute>().size());
  if (is_number(widget->status.message)) return engine::outcome(*widget, std::move(out));
  plan::Question question{plan::MetricsQuery{"p", "requests of " + key.name}, widget->meta.created};
  for (const plan::Fact& fact : world.facts()) {
    out.status->message = text_of(fact.answer);
    question.at = fact.question.at;
    if (!std::holds_alternative<plan::Number>(fact.answer)) question.at += kInterval;
  }
  out.questions.push_back(std::move(question));
  return engine::outcome(*widget, std::move(out));
}

json::Object AskController::rejected(const engine::Unreadable&, core::Instant) const { return {}; }

}  // namespace millrace::toy
