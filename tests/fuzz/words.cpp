// Small texts of people, pods and other controllers.
#include "core/base64.h"
#include "core/percent.h"
#include "core/quantity.h"
#include "core/text.h"
#include "core/time.h"
#include "inference_service/analysis/query.h"
#include "inference_service/analysis/text.h"
#include "inference_service/intents.h"
#include "inference_service/memory.h"
#include "metrics_source/source.h"
#include "model_version/verdicts.h"
#include "shared/store_uri.h"
#include "targets.h"
#include "training_job/attempts.h"
#include "training_job/pinned.h"
#include "training_job/progress.h"

namespace millrace::fuzz {

void annotations(std::string_view bytes) {
  Bytes in(bytes);
  const std::size_t which = in.number(5);
  const std::string text(in.rest());
  switch (which) {
    case 0: {
      const auto intent = inference_service::parse_intent(text);
      must(!intent || !intent->id.empty(), "a word has an id, else it would be obeyed again and again");
      return;
    }
    case 1: {
      const auto verdicts = model_version::parse_verdicts(text);
      const auto again = model_version::parse_verdicts(model_version::verdict_annotation(verdicts));
      must(again.size() <= verdicts.size(), "verdicts that were written are those that were read");
      return;
    }
    case 2: {
      kube::Service entry;
      entry.meta.annotations[std::string(inference_service::kMemoryAnnotation)] = text;
      (void)inference_service::memory_text({}, inference_service::read_memory(&entry));
      return;
    }
    case 3: {
      kube::ControllerRevision frozen;
      frozen.meta.annotations[std::string(inference_service::kCourseAnnotation)] = text;
      (void)inference_service::read_course(frozen);
      return;
    }
    default: {
      kube::ObjectMeta job;
      job.annotations[std::string(training_job::kPinnedAnnotation)] = text;
      if (const auto pinned = training_job::read_pinned(job)) (void)training_job::to_text(*pinned);
      return;
    }
  }
}

void texts(std::string_view bytes) {
  const std::string text(bytes);
  if (const auto d = core::parse_duration(text)) {
    must(core::parse_duration(core::to_text(*d)) == d, "a duration that was written reads back the same");
    (void)core::for_people(*d);
  }
  if (const auto t = core::parse_rfc3339(text)) must(core::parse_rfc3339(core::to_rfc3339(*t)) == t, "an instant reads back the same");
  const auto millis = core::quantity_millis(text), whole = core::quantity_value(text);
  must(!millis || !whole || (*whole - 1) <= *millis / 1000, "whole units are rounded up by less than one");
  if (core::is_decimal(text)) (void)core::decimal(text);
  must(core::is_utf8(core::to_utf8(text)), "what was mended is UTF-8");
  must(core::cut(core::to_utf8(text), 16).size() <= 16 + 3, "a cut text is short");
  must(core::one_token(text).find('\n') == std::string::npos, "a token is of one line");
  (void)core::percent_encoded(text);
  (void)core::base64_decoded(text);
}

void uris(std::string_view bytes) {
  if (const auto uri = shared::parse_store_uri(bytes)) {
    if (const auto* pvc = std::get_if<shared::PvcUri>(&*uri)) {
      must(pvc->path.empty() || shared::is_relative_path(pvc->path), "a path does not leave its claim");
      must(shared::parse_store_uri(shared::pvc_uri(pvc->claim, pvc->path)) == *uri, "a uri that was written reads back the same");
    } else {
      must(std::get<shared::RemoteUri>(*uri).uri.find('\n') == std::string::npos, "a uri is of one line");
    }
  }
  if (const auto source = metrics_source::parse_source(bytes)) {
    const std::string target = metrics_source::target(*source, "/api/v1/query?query=up", "team");
    must(target.starts_with("/") && target.find_first_of(" \r\n") == std::string::npos, "a request's target is one word");
    must(metrics_source::authority(*source).find_first_of(" \r\n/") == std::string::npos, "a host is one word");
  }
}

void queries(std::string_view bytes) {
  const inference_service::Variables variables{.canary = "c", .stable = "s", .ns = "n", .name = "x", .window = "90s"};
  const auto unknown = inference_service::unknown_variable(bytes);
  const std::string text = inference_service::expanded(bytes, variables);
  must(unknown || bytes.find("{{") != std::string_view::npos || text == bytes, "without variables a text stays as it is");
  const std::string pods = inference_service::pods_of("team", bytes, "abc");
  std::size_t quotes = 0;
  for (std::size_t i = 0; i < pods.size(); ++i) {
    if (pods[i] == '\\') {
      ++i;
    } else {
      quotes += pods[i] == '"';
    }
  }
  must(quotes == 4, "no name ends the string that it stands in");
  (void)inference_service::measure_of(bytes);
}

void messages(std::string_view bytes) {
  (void)training_job::parse_published(std::string(bytes));
  if (const auto report = training_job::parse_report(bytes)) {
    must(report->total >= 1 && report->done >= 0 && report->done <= report->total, "a report is of a part of the whole");
    (void)training_job::told(*report, 1, 1);
  }
}

}  // namespace millrace::fuzz
