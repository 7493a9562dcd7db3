// A TrainingJob's world as values, with helpers that move its Jobs and pods on.
#pragma once

#include <string>

#include "training_job/plan.h"

namespace millrace::training_job {

inline const core::Instant kNow = *core::parse_rfc3339("2026-05-01T12:00:00Z");
inline const std::string kDigest = "sha256:" + std::string(64, 'a');

// Plans again and again, storing statuses and made children, as an API server and an idle cluster would.
struct World {
  Observed seen{};
  shared::Settings settings{};
  World();

  plan::Plan<Status> step();    // one plan; its status and children are stored, deleted Jobs go
  plan::Plan<Status> settle();  // until nothing is written any more
  void later(core::Duration d) { seen.now += std::chrono::ceil<std::chrono::seconds>(d); }
  void claims(bool exist = true);

  kube::Job& job(const std::string& name);
  kube::Pod& pod_of(const std::string& name);  // made when there is none
  void resolver_says(const std::string& name, int code, const std::string& message);
  void resolver_finds(const std::string& name, const std::string& identity);
  void resolver_fails(const std::string& name, int code, const std::string& reason);
  void trains(const std::string& name);
  void fetches(const std::string& name, const std::string& message);  // a Job that only prepares
  void recovers(const std::string& name, int code, const std::string& message);
  void tells(const std::string& name, const std::string& container, const std::string& message);  // its only container, which ends well
  void publishes(const std::string& name, const std::string& accuracy = "0.95");
  void fails(const std::string& name, const std::string& container, int code, const std::string& message = {});
  void judge_version(const std::string& name, const std::string& phase);

  const Status& status() const { return seen.job.status; }
  void until_it_trains();  // up to the first attempt's train
  void until_it_is_done();
  void edit();  // the spec has been changed
  std::string condition(const char* type) const;
  bool quiet();  // a plan of this world writes nothing

 private:
  void end(const std::string& name, bool good);
  int uids_ = 0;
};

}  // namespace millrace::training_job
