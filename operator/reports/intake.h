// Intake: judges what a pod posts. The token must be one for the run's audience (TokenReview), and the pod that it is bound to must be a
// pod of that run's Job, by the caches; then the report goes to the engine. Verdicts of tokens are kept for a minute, refusals 10 s.
// Thread contract: hear() from one thread at a time; it blocks for one call to the API server at most.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/time.h"
#include "endpoints/post_server.h"
#include "engine/engine.h"
#include "kube/client/transport.h"
#include "kube/model/workloads.h"

namespace millrace::reports {

inline constexpr kube::Resource kTokenReview{"authentication.k8s.io", "v1", "TokenReview", "tokenreviews", false};

// Clocks, caches and ears that others own.
struct Around {
  std::function<bool()> leads{};
  std::function<std::shared_ptr<const kube::Pod>(const kube::ObjectKey&)> pod{};
  std::function<std::shared_ptr<const kube::Job>(const kube::ObjectKey&)> job{};
  std::function<void(const engine::Told&)> tell{};
  std::function<core::Ticks()> now{};
};

class Intake {
 public:
  static constexpr std::size_t kMostVerdicts = 4096;
  static constexpr core::Duration kTrusted{60'000}, kRefused{10'000};

  Intake(kube::Transport& calls, Around around) : calls_(calls), around_(std::move(around)) {}

  // POST /v1/progress/<run-id>: 204 heard; 400 nonsense, 401 no such token, 403 another's pod, 404 no such path, 503 try again.
  endpoints::Page hear(const endpoints::Posted& posted);

 private:
  struct Bearer {  // the pod that a token is bound to
    std::string ns{}, pod{}, uid{};
  };
  struct Verdict {
    std::optional<Bearer> bearer{};
    core::Ticks until{};
  };
  struct Run {
    kube::ObjectKey training_job{};
    std::string uid{};
    std::int64_t number = 0, attempt = 0;
  };
  core::Result<std::optional<Bearer>> bearer(const std::string& token, const std::string& run);
  static std::optional<Bearer> read(const json::Value& review, const std::string& audience);
  std::optional<Run> run_of(const Bearer& bearer) const;
  void remember(const std::string& key, std::optional<Bearer> bearer);

  kube::Transport& calls_;
  Around around_;
  std::map<std::string, Verdict> verdicts_{};  // by hash of token and audience
};

}  // namespace millrace::reports
