// Measure: the numbers of one metric at one look, from what the source has answered; what it has not is asked. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "inference_service/analysis/analysis.h"
#include "inference_service/analysis/judge.h"

namespace millrace::inference_service {

struct LookAt {
  core::Instant at{};       // end of the window
  core::Duration window{};  // its length
};

class Asker {  // of one metric at one look; equal questions of several metrics are asked once
 public:
  Asker(const std::string& source, core::Instant at, const std::vector<plan::Fact>& facts, std::vector<plan::Question>& questions)
      : source_(source), at_(at), facts_(facts), questions_(questions) {}

  std::optional<double> number(const std::string& text);  // nullopt: no answer yet, none to be had, or no number
  std::optional<double> count(const std::string& text);   // nullopt: no answer yet; an empty sum is none: series begin with a request
  bool waiting() const { return waiting_; }
  const std::optional<std::string>& down() const { return down_; }  // why the source does not answer

 private:
  const plan::Answer* answer(const std::string& text);

  const std::string& source_;
  core::Instant at_;
  const std::vector<plan::Fact>& facts_;
  std::vector<plan::Question>& questions_;
  bool waiting_ = false;
  std::optional<std::string> down_{};
};

// Incomplete while `asker` is waiting. `before` holds stable's numbers of an earlier step.
Measured measure(const Watched& watched, const AnalysisMetric& metric, const LookAt& look, const AnalysisStatus& before, Asker& asker);

bool is_live(const Watched& watched);  // stable gets requests enough to be asked for

}  // namespace millrace::inference_service
