// What comes over the network: watch lines, answers, what pods post.
#include "core/text.h"
#include "engine/metrics_answer.h"
#include "engine/reflector.h"
#include "engine/store.h"
#include "inference_service/api/inference_service.h"
#include "json/raw.h"
#include "kube/client/framing.h"
#include "kube/client/verbs.h"
#include "kube/model/workloads.h"
#include "model_version/api/model_version.h"
#include "reports/intake.h"
#include "targets.h"
#include "training_job/api/training_job.h"

namespace millrace::fuzz {
namespace {

std::vector<std::string> lines_of(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> out;
  kube::LineFramer framer(64);
  const auto sink = [&](std::string_view line) {
    out.emplace_back(line);
    return true;
  };
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    if (framer.feed(bytes.substr(at, piece), sink) == kube::LineFramer::Fed::TooLong) return out;
  }
  if (framer.partial()) out.emplace_back("…");
  return out;
}

const std::vector<engine::Kind>& kinds() {
  static const std::vector<engine::Kind> all{engine::kind_of<inference_service::InferenceService>(),
                                             engine::kind_of<training_job::TrainingJob>(),
                                             engine::kind_of<model_version::ModelVersion>(),
                                             engine::kind_of<kube::Pod>("", false, {"millrace.dev/run"}),
                                             engine::kind_of<kube::Deployment>("", true),
                                             engine::kind_of<kube::EndpointSlice>()};
  return all;
}

void take(engine::Store& store, const engine::Reflector::Wants& wants) {
  must(!(wants.list && wants.watch), "a list and a watch are not wanted together");
  for (const engine::Change& change : wants.changes) (void)store.apply(0, change);
}

class Server final : public kube::Transport {
 public:
  explicit Server(std::string body) : body_(std::move(body)) {}
  core::Result<kube::Response> send(const kube::Request&, std::stop_token) override { return kube::Response{.status = 201, .body = body_}; }
  core::Result<void> stream(const kube::Request&, core::Duration, std::stop_token, const kube::LineSink&) override { return {}; }

 private:
  std::string body_;
};

constexpr const char* kReview =
    R"({"status":{"authenticated":true,"audiences":["millrace.dev/run/tj-3"],"user":{"username":"system:serviceaccount:shop:default",)"
    R"("extra":{"authentication.kubernetes.io/pod-name":["p"],"authentication.kubernetes.io/pod-uid":["u"]}}}})";

}  // namespace

void framer(std::string_view bytes) {
  Bytes in(bytes);
  const std::size_t piece = 1 + in.number(16);
  const auto whole = lines_of(in.rest(), in.rest().size() + 1), cut = lines_of(in.rest(), piece);
  must(whole == cut, "lines are the same in whatever pieces they come");
}

void reflector(std::string_view bytes) {
  Bytes in(bytes);
  const std::size_t choice = in.number(12), kind = choice % kinds().size();
  engine::Store store({kinds()[kind]});
  engine::Reflector reflector(kinds()[kind].resource, "", "", choice == 3);
  core::Ticks now{0};
  take(store, reflector.start(now));
  if (choice >= kinds().size()) {  // a list
    take(store, reflector.ended(core::Error{core::ErrorCode::Invalid, "sendInitialEvents"}, now));
    take(store, reflector.page(kube::Response{.status = 200, .body = std::string(in.rest())}, now));
    return;
  }
  kube::LineFramer framer;
  (void)framer.feed(in.rest(), [&](std::string_view line) {
    const auto wants = reflector.line(line, ++now);
    take(store, wants);
    return !wants.close;
  });
  take(store, reflector.ended({}, now));
  take(store, reflector.tick(now + std::chrono::hours(1)));
}

void answers(std::string_view bytes) {
  Bytes in(bytes);
  switch (in.number(5)) {
    case 0: {
      const kube::Response response{.status = 409, .body = std::string(in.rest())};
      const auto details = kube::verbs::status_details(response);
      must(core::is_utf8(details.message) && details.message.size() <= 1024, "the server's sentence is short and readable");
      (void)kube::verbs::error_of(response);
      (void)kube::verbs::is_ownership_conflict(details);
      return;
    }
    case 1:
      (void)engine::metrics_result(engine::metrics_answer(kube::Response{.status = 200, .body = std::string(in.rest())}));
      return;
    case 2:
      (void)kube::parse_warnings(in.rest());
      return;
    case 3:
      (void)kube::parse_retry_after(in.rest());
      return;
    default: {
      (void)json::raw_items(in.rest());
      (void)json::raw_text(json::raw_member(json::raw_member(in.rest(), "metadata"), "resourceVersion"));
      return;
    }
  }
}

void reports(std::string_view bytes) {
  Bytes in(bytes);
  const std::size_t what = in.number(3);
  const std::string text(in.rest());
  Server server(what == 1 ? text : kReview);
  static const auto pod = std::make_shared<const kube::Pod>(
      kube::Pod{.meta = {.name = "p", .ns = "shop", .uid = "u", .owners = {{"batch/v1", "Job", "churn", "j", true}}}});
  static const auto job =
      std::make_shared<const kube::Job>(kube::Job{.meta = {.name = "churn",
                                                           .ns = "shop",
                                                           .uid = "j",
                                                           .labels = {{"millrace.dev/run", "3"}, {"millrace.dev/attempt", "2"}},
                                                           .owners = {{"millrace.dev/v1alpha1", "TrainingJob", "churn", "tj", true}}}});
  millrace::reports::Intake intake(server, {.leads = [] { return true; },
                                            .pod = [](const kube::ObjectKey&) { return pod; },
                                            .job = [](const kube::ObjectKey&) { return job; },
                                            .tell = [](const engine::Told&) {},
                                            .now = [] { return core::Ticks{1}; }});
  const auto page = intake.hear(
      {.target = what == 2 ? text : "/v1/progress/tj-3", .token = "a.b.c", .body = what == 0 ? text : R"({"done":3,"total":10})"});
  must(page.status >= 200 && page.status < 600, "who posts is answered");
}

}  // namespace millrace::fuzz
