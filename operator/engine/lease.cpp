#include "engine/lease.h"

#include <algorithm>

#include "kube/client/verbs.h"

namespace millrace::engine {
namespace {

constexpr core::Duration kCallLimit{5'000};  // half the renew deadline: without it a slow server makes two leaders

std::int64_t integer_at(const json::Value& v, std::initializer_list<std::string_view> path) {
  const json::Value* at = v.at(path);
  return at == nullptr ? 0 : at->integer().value_or(0);
}

bool same_record(const json::Value& a, const json::Value& b) {
  const json::Value *left = a.at({"spec"}), *right = b.at({"spec"});
  return left != nullptr && right != nullptr && *left == *right;
}

kube::Request limited(kube::Request request) {
  request.deadline = kCallLimit;
  return request;
}

}  // namespace

bool LeaseElector::may_write(core::Ticks now) const { return leader_ && now < fence(); }

LeaseElector::Wants LeaseElector::get() {
  asked_ = Asked::Get;
  return {.call = limited(kube::verbs::get(kube::resources::kLease, {options_.ns, options_.name}))};
}

json::Value LeaseElector::record(core::Now now, const std::string& holder, std::int64_t seconds) const {
  const bool taking_over = seen_.text_at({"spec", "holderIdentity"}) != options_.identity;
  const std::string time = core::to_rfc3339_micro(now.wall);
  json::Object spec{{"holderIdentity", holder},
                    {"leaseDurationSeconds", seconds},
                    {"renewTime", time},
                    {"acquireTime", taking_over ? time : seen_.text_at({"spec", "acquireTime"})},
                    {"leaseTransitions", integer_at(seen_, {"spec", "leaseTransitions"}) + (taking_over && !seen_.is_null() ? 1 : 0)}};
  if (spec.find("acquireTime")->text()->empty()) spec.erase("acquireTime");
  json::Object metadata{{"name", options_.name}, {"namespace", options_.ns}};
  if (!seen_.is_null()) metadata["resourceVersion"] = seen_.text_at({"metadata", "resourceVersion"});
  return json::Object{
      {"apiVersion", "coordination.k8s.io/v1"}, {"kind", "Lease"}, {"metadata", std::move(metadata)}, {"spec", std::move(spec)}};
}

LeaseElector::Wants LeaseElector::write(core::Now now) {
  asked_ = Asked::Write;
  sent_ = now.mono;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options_.duration).count();
  const json::Value object = record(now, options_.identity, seconds);
  const kube::ObjectKey key{options_.ns, options_.name};
  return {.call = limited(seen_.is_null() ? kube::verbs::create(kube::resources::kLease, options_.ns, object)
                                          : kube::verbs::replace(kube::resources::kLease, key, object))};
}

LeaseElector::Wants LeaseElector::lose() {
  const bool was = std::exchange(leader_, false);
  wake_.reset();
  return {.lost = was};
}

LeaseElector::Wants LeaseElector::tick(core::Now now) {
  if (released_) return {};
  if (leader_ && now.mono >= fence()) return lose();
  if (asked_ != Asked::Nothing) {
    if (leader_) wake_ = fence();
    return {};
  }
  if (releasing_) return release(now);
  if (wake_ && now.mono < *wake_) return {};
  if (ever_ && !leader_) return {};  // lost once: this process ends
  wake_.reset();
  return leader_ ? write(now) : get();
}

// Somebody's record: it counts as alive for its duration from when we last saw it change.
LeaseElector::Wants LeaseElector::read(const kube::Response& response, core::Now now) {
  auto lease = json::parse(response.body);
  if (!lease) {
    wake_ = now.mono + options_.retry;
    return {};
  }
  if (!known_ || !same_record(*lease, seen_)) changed_ = now.mono;
  known_ = true;
  seen_ = std::move(*lease);
  const std::string holder = seen_.text_at({"spec", "holderIdentity"});
  if (leader_ && holder != options_.identity) return lose();
  const core::Duration alive = std::chrono::seconds(std::max<std::int64_t>(1, integer_at(seen_, {"spec", "leaseDurationSeconds"})));
  if (holder.empty() || holder == options_.identity || now.mono >= changed_ + alive) return write(now);
  wake_ = now.mono + options_.retry;
  return {};
}

LeaseElector::Wants LeaseElector::answered(const core::Result<kube::Response>& response, core::Now now) {
  const Asked asked = std::exchange(asked_, Asked::Nothing);
  if (asked == Asked::Release || asked == Asked::ReleaseRead) return let_go(asked, response, now);
  if (ever_ && !leader_) return releasing_ ? give_up() : Wants{};  // lost while it was under way: a late success changes nothing
  if (leader_ && now.mono >= fence()) return lose();
  const bool ok = response && kube::verbs::succeeded(*response);
  if (releasing_ && !leader_ && !(asked == Asked::Write && ok)) return give_up();
  if (asked == Asked::Get && ok) return read(*response, now);
  if (asked == Asked::Get && response && response->status == 404) {
    seen_ = {};
    return write(now);
  }
  if (asked == Asked::Write && ok) {
    auto lease = json::parse(response->body);
    if (lease) seen_ = std::move(*lease);
    known_ = true;
    renewed_ = sent_;  // counted from before the call: the record cannot be younger
    changed_ = now.mono;
    wake_ = std::max(now.mono, sent_ + options_.retry);
    const bool gained = !leader_;
    leader_ = ever_ = true;
    return {.gained = gained};
  }
  if (asked == Asked::Write && response && (response->status == 409 || response->status == 404)) {
    Wants out = get();
    out.slow = leader_;
    return out;
  }
  wake_ = now.mono + (leader_ ? options_.retry / 2 : options_.retry);
  if (leader_) wake_ = std::min(*wake_, fence());
  return {};
}

// There is nothing (any more) to release.
LeaseElector::Wants LeaseElector::give_up() {
  released_ = true;
  return {};
}

LeaseElector::Wants LeaseElector::release(core::Now now) {
  releasing_ = true;
  wake_.reset();
  if (asked_ != Asked::Nothing) return {};  // after the answer that is under way, which may bring the lease: tick() comes again
  if (!leader_) return give_up();
  asked_ = Asked::Release;
  leader_ = false;
  const json::Value object = record(now, "", 1);
  return {.call = limited(kube::verbs::replace(kube::resources::kLease, {options_.ns, options_.name}, object))};
}

// Somebody edited the object: while the record is ours it is given up all the same.
LeaseElector::Wants LeaseElector::let_go(Asked asked, const core::Result<kube::Response>& response, core::Now now) {
  if (asked == Asked::Release && response && response->status == 409) {
    Wants out = get();
    asked_ = Asked::ReleaseRead;
    return out;
  }
  const bool read = asked == Asked::ReleaseRead && response && kube::verbs::succeeded(*response);
  auto lease = read ? json::parse(response->body) : core::Result<json::Value>(json::Value());
  if (!lease || lease->text_at({"spec", "holderIdentity"}) != options_.identity) return give_up();
  seen_ = std::move(*lease);
  leader_ = true;
  return release(now);
}

}  // namespace millrace::engine
