// Stories of the three kinds: the operator's controllers, pods that do what the fetcher and the step do, manifests of people.
#pragma once

#include <functional>
#include <string>

#include "support/sim/story.h"

namespace millrace::sim::domain {

// All controllers of the operator, as `make_controllers` makes them, with the metrics source "default"; they live as long as the program.
const engine::Controllers& controllers();

// Containers by docs/pods.md: resolve, fetch, train, evaluate, publish, recover, verify, model. All goes well.
ContainerOutcome well(const json::Value& pod, const std::string& container);
// What publish, or recover after it, tells with this accuracy.
ContainerOutcome published(const json::Value& pod, const std::string& accuracy, const std::string& container = "publish");
ContainerOutcome step_failed(int code, const std::string& stderr_tail);
std::string label(const json::Value& pod, std::string_view name);
json::Value task_of(const json::Value& pod, const std::string& container);  // MILLRACE_TASK

// What resolve tells when each source of its task is this.
ContainerOutcome resolved_as(const json::Value& pod, const std::string& identity);

json::Object training_job(std::string name, json::Object spec = {});       // model "churn"; data, train and store filled in
json::Object model_version(std::string name, std::int64_t version);        // made by hand, model "churn"
json::Object inference_service(std::string name, json::Object spec = {});  // model "churn"

Act make(std::string what, json::Object object);
Act edit(std::string what, const kube::Resource& kind, std::string name, json::Object spec);
Act wait(std::string what, core::Duration time);  // nothing happens but time
Act gateway(std::string ns, std::string name);    // that lets the routes of all namespaces in
Act claims();                                     // "data" and "models", bound

Story story(std::string name, Script script, std::vector<Act> acts);

// One member of an object at the end of the reference, as text: at(verdict, kTrainingJob, "churn", {"status", "phase"}).
std::string at(const Verdict& verdict, const kube::Resource& kind, std::string_view name, std::initializer_list<std::string_view> path);
std::size_t count(const Verdict& verdict, const kube::Resource& kind);

}  // namespace millrace::sim::domain
