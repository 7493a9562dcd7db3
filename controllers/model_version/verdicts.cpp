#include "model_version/verdicts.h"

#include <algorithm>
#include <map>

#include "core/text.h"

namespace millrace::model_version {
namespace {

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}

bool is_final(const std::string& verdict) { return verdict == "Good" || verdict == "Bad"; }

}  // namespace

std::vector<Serving> parse_verdicts(std::string_view annotation) {
  std::vector<Serving> out;
  for (const std::string_view entry : core::split(annotation.substr(0, 4096), ';')) {
    const std::string_view text = trimmed(entry);
    const std::size_t equals = text.find('='), at = text.find('@'), hash = text.find('#');
    if (equals == std::string_view::npos || at == std::string_view::npos || at < equals) continue;
    Serving one{
        .service = std::string(text.substr(0, equals)), .role = "None", .verdict = std::string(text.substr(equals + 1, at - equals - 1))};
    const auto since = core::parse_rfc3339(text.substr(at + 1, hash == std::string_view::npos ? hash : hash - at - 1));
    if (!since || !is_final(one.verdict) || one.service.empty()) continue;
    one.since = *since;
    if (hash != std::string_view::npos) one.revision = std::string(text.substr(hash + 1));
    out.push_back(std::move(one));
  }
  return out;
}

std::string verdict_annotation(const std::vector<Serving>& serving) {
  std::vector<std::string> out;
  for (const Serving& s : serving) {
    if (is_final(s.verdict)) out.push_back(s.service + "=" + s.verdict + "@" + core::to_rfc3339(s.since) + "#" + s.revision);
  }
  return core::join(out, "; ");
}

std::vector<Serving> serving_of(const Observed& seen) {
  std::map<std::string, Serving> all;
  for (Serving& s : parse_verdicts(seen.version.meta.annotation(kVerdictAnnotation))) all[s.service] = std::move(s);
  for (const Serving& s : seen.version.status.serving) {
    if (!is_final(s.verdict)) continue;
    all[s.service] = s;
    all[s.service].role = "None";
  }
  for (const ServiceFact& f : seen.services) {
    if (f.role == "None" && !is_final(f.verdict)) continue;
    Serving& s = all[f.name];
    if (s.service.empty()) s = {.service = f.name, .verdict = "Untried"};
    s.role = f.role;
    if (is_final(f.verdict)) {
      s.verdict = f.verdict;
      s.revision = f.revision;
      s.since = f.since;
      s.evidence = f.evidence;
    }
  }
  std::vector<Serving> out;
  for (auto& [name, s] : all) out.push_back(std::move(s));
  return out;
}

std::vector<ServiceFact> with_verdicts(std::vector<ServiceFact> services, const std::vector<Serving>& serving) {
  for (ServiceFact& f : services) {
    for (const Serving& s : serving) {
      if (s.service == f.name) f.verdict = s.verdict;
    }
  }
  return services;
}

std::string summary_verdict(const std::vector<Serving>& serving) {
  const auto any = [&](std::string_view verdict) {
    return std::any_of(serving.begin(), serving.end(), [&](const Serving& s) { return s.verdict == verdict; });
  };
  return any("Bad") ? "Bad" : any("Good") ? "Good" : "Untried";
}

}  // namespace millrace::model_version
