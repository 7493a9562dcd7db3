#include "inference_service/entry.h"

#include <algorithm>
#include <set>

#include "inference_service/memory.h"
#include "inference_service/route.h"
#include "shared/labels.h"

namespace millrace::inference_service {
namespace {

bool is_entry(const kube::Service& service) { return service.meta.label(shared::kRevisionLabel).empty(); }

All<kube::Service> entries_of(const All<kube::Service>& services) {
  All<kube::Service> out;
  std::copy_if(services.begin(), services.end(), std::back_inserter(out), [](const auto& s) { return is_entry(*s); });
  return out;
}

const kube::Service* named(const All<kube::Service>& entries, std::string_view name) {
  const auto at = std::find_if(entries.begin(), entries.end(), [&](const auto& s) { return s->meta.name == name; });
  return at == entries.end() ? nullptr : at->get();
}

// Nobody comes, bakes or leaves: a name that is somebody else's holds up none of that.
bool is_at_rest(const Status& status) { return !is_open(status) && status.retired.empty(); }

std::set<std::string> endpoints_of(const Observed& seen, const kube::Service& entry) {
  std::set<std::string> out;
  for (const auto& slice : seen.slices) {
    if (slice->meta.label("kubernetes.io/service-name") != entry.meta.name) continue;
    for (const kube::Endpoint& endpoint : slice->endpoints) out.insert(endpoint.target.uid);
  }
  return out;
}

}  // namespace

std::shared_ptr<const kube::Service> entry_in_force(const All<kube::Service>& services) {
  const auto entries = entries_of(services);
  const auto at = std::min_element(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return a->meta.created != b->meta.created ? a->meta.created < b->meta.created : a->meta.name < b->meta.name;
  });
  return at == entries.end() ? nullptr : *at;
}

std::vector<std::string> entries_wanted(const Observed& seen, const Status& status) {
  std::vector<std::string> out;
  for (const auto& entry : entries_of(seen.services)) out.push_back(entry->meta.name);
  const std::string wanted = entry_name(seen.service);
  const bool there = std::find(out.begin(), out.end(), wanted) != out.end();
  if (!there && (out.empty() || is_at_rest(status))) out.push_back(wanted);
  return out;
}

bool entry_waits(const Observed& seen, const Status& status) {
  const auto entries = entries_of(seen.services);
  return !entries.empty() && named(entries, entry_name(seen.service)) == nullptr && !is_at_rest(status);
}

bool entry_moves(const Observed& seen) { return entries_of(seen.services).size() > 1; }

All<kube::Service> former_entries(const Observed& seen) {
  auto entries = entries_of(seen.services);
  const kube::Service* next = named(entries, entry_name(seen.service));
  if (next == nullptr) return {};
  const auto here = endpoints_of(seen, *next);
  std::set<std::string> all;
  for (const auto& entry : entries) all.merge(endpoints_of(seen, *entry));
  const bool alike = std::all_of(entries.begin(), entries.end(), [&](const auto& e) {
    return e->spec.selector == next->spec.selector && e->meta.annotation(kMemoryAnnotation) == next->meta.annotation(kMemoryAnnotation);
  });
  if (!alike || here.empty() || here != all) return {};
  std::erase_if(entries, [&](const auto& e) { return e.get() == next; });
  return entries;
}

}  // namespace millrace::inference_service
