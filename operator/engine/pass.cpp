#include "engine/pass.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "json/codec.h"
#include "json/raw.h"
#include "kube/client/verbs.h"

namespace millrace::engine {
namespace {

using core::ErrorCode;
using plan::Lane;
using How = plan::Write::How;

constexpr std::size_t kMostStored = 1536UL * 1024;  // what etcd takes unless it is told otherwise

const char* word(How how) {
  switch (how) {
    case How::Status:
    case How::MergeStatus:
      return "status";
    case How::Create:
      return "create";
    case How::Apply:
    case How::Force:
      return "apply";
    case How::Annotate:
      return "annotate";
    case How::Scale:
      return "scale";
    case How::Delete:
      return "delete";
    case How::Finalize:
      return "finalizers";
    case How::Taken:
      return "taken";
    case How::Contested:
      return "contested";
  }
  return "?";
}

std::string told(const plan::Write& write) {
  if (write.lane == Lane::Status || write.how == How::Finalize) return word(write.how);
  return std::string(word(write.how)) + " " + std::string(write.kind->kind) + "/" + write.name;
}

kube::ObjectMeta meta_of(const kube::Response& response) {
  kube::ObjectMeta out;
  const auto metadata = json::raw_member(response.body, "metadata");
  if (!json::decode_into(&out, kube::ObjectMeta::schema, metadata, json::Strictness::Server)) return {};
  return out;
}

// A write of the parent itself that carries its version: it is the fence.
bool is_fence(Lane lane) { return lane == Lane::Hold || lane == Lane::Status; }

// Deleted for good; or the last finalizer of an object that is being deleted went, and so did the object.
bool is_gone(const plan::Write& write, const kube::Response& response) {
  if (write.how == How::Delete) return json::raw_text(json::raw_member(response.body, "kind")) == "Status";
  if (write.how != How::Finalize) return false;
  const kube::ObjectMeta left = meta_of(response);
  return left.deleting() && left.finalizers.empty();
}

bool is_refusal(int status) { return status >= 400 && status < 500 && status != 401 && status != 408 && status != 429; }

}  // namespace

Pass::Pass(const kube::Resource* kind, kube::ObjectMeta parent, std::vector<Step> steps)
    : kind_(kind), parent_(std::move(parent)), steps_(std::move(steps)) {}

void Pass::write_failed(const plan::Write& write) {
  failed_[static_cast<int>(write.lane)] = true;
  missing_.push_back({write.kind, write.name});
}

bool Pass::blocked(const plan::Write& write) const {
  for (const Lane before : {Lane::Hold, Lane::Status, Lane::Traffic, Lane::Children, Lane::Delete, Lane::Release}) {
    if (before == write.lane) break;
    if (failed_[static_cast<int>(before)] && !plan::goes_on(before, write.lane)) return true;
  }
  return write.needs.kind != nullptr && std::find(missing_.begin(), missing_.end(), write.needs) != missing_.end();
}

const char* Pass::asking() const {
  switch (asked_) {
    case Asked::Write:
      return word(steps_[at_].write.how);
    case Asked::Fence:
      return "fence";
    case Asked::Parent:
      return "parent";
    case Asked::Child:
      return "child";
    case Asked::Nothing:
      break;
  }
  return "";
}

Pass::Wants Pass::begin(core::Now now) { return next({}, now); }

Pass::Wants Pass::next(Wants out, core::Now now) {
  for (; at_ < steps_.size(); ++at_) {
    const Step& step = steps_[at_];
    if (step.held || blocked(step.write)) {
      write_failed(step.write);
      continue;
    }
    if (step.write.how == How::Taken || step.write.how == How::Contested) {
      const bool taken = step.write.how == How::Taken;
      out = refuse(std::move(out),
                   {.code = 409, .reason = taken ? "NameTaken" : "FieldContested", .message = step.write.why, .taken = taken}, now);
      continue;
    }
    if (!fenced_ && !is_fence(step.write.lane)) {
      asked_ = Asked::Fence;
      out.call = kube::verbs::get(*kind_, parent_.key());
      return out;
    }
    asked_ = Asked::Write;
    out.call = request(step.write);
    return out;
  }
  asked_ = Asked::Nothing;
  out.end = again_ ? End::LookAgain : End::Done;
  return out;
}

Pass::Wants Pass::refuse(Wants out, plan::Refusal refusal, core::Now now) {
  const Step& step = steps_[at_];
  refusal.verb = plan::verb_of(step.write.how);
  refusal.kind = step.write.kind;
  refusal.name = step.write.name;
  refusal.at = now.wall;
  log_.push_back(told(step.write) + ": " + std::to_string(refusal.code) + " " + refusal.message);
  write_failed(step.write);
  out.effects.push_back(Refused{step.write, step.about, std::move(refusal)});
  return out;
}

Pass::Wants Pass::answered(const core::Result<kube::Response>& response, core::Now now) {
  if (!response) return {.end = End::Retry, .error = told(steps_[at_].write) + ": " + response.error().message};
  const Asked asked = std::exchange(asked_, Asked::Nothing);
  const bool ok = kube::verbs::succeeded(*response);
  if (!ok && (response->status == 401 || response->status == 429 || response->status >= 500)) {
    const core::Error error = kube::verbs::error_of(*response);
    if (error.code != ErrorCode::Gone) {
      return {.end = End::Retry, .error = told(steps_[at_].write) + ": " + error.message, .after = response->retry_after};
    }
  }
  switch (asked) {
    case Asked::Fence:
      return fence(*response, now);
    case Asked::Write:
      return ok ? written(*response, now) : failed(*response, now);
    case Asked::Parent:
      return parent(*response);
    case Asked::Child:
      return child(*response, now);
    case Asked::Nothing:
      break;
  }
  MILLRACE_CHECK(false && "an answer that nobody asked for");
  return {};
}

Pass::Wants Pass::fence(const kube::Response& response, core::Now now) {
  if (!kube::verbs::succeeded(response)) return parent(response);
  const kube::ObjectMeta live = meta_of(response);
  fenced_ = live.uid == parent_.uid && live.resource_version == parent_.resource_version;
  return fenced_ ? next({}, now) : parent(response);
}

// The parent is not as observed: its live object enters the cache and everything is planned anew.
Pass::Wants Pass::parent(const kube::Response& response) {
  Wants out{.fence_conflict = true};
  if (kube::verbs::succeeded(response)) {
    out.effects.push_back(Stored{kind_, response.body});
    out.end = End::LookAgain;
  } else if (response.status == 404) {
    out.effects.push_back(Removed{kind_, parent_.key(), parent_.uid});
    out.end = End::Done;
  } else {
    out.end = End::Retry;
    out.error = "read of the object: " + kube::verbs::error_of(response).message;
  }
  return out;
}

Pass::Wants Pass::written(const kube::Response& response, core::Now now) {
  const plan::Write& write = steps_[at_].write;
  const kube::ObjectKey key{parent_.ns, write.name};
  Wants out;
  log_.push_back(told(write));
  if (write.lane == Lane::Status) {
    out.effects.push_back(Stored{kind_, response.body});
    out.effects.push_back(StatusWritten{});
    parent_.resource_version = meta_of(response).resource_version;
  } else if (write.how == How::Scale) {
    out.effects.push_back(Behind{write.kind, key, meta_of(response).resource_version});
  } else if (is_gone(write, response)) {
    out.effects.push_back(Removed{write.kind, key, write.uid});
  } else {
    out.effects.push_back(Stored{write.kind, response.body});
  }
  fenced_ = fenced_ || is_fence(write.lane);
  if (write.uid == parent_.uid && write.lane != Lane::Status) parent_.resource_version = meta_of(response).resource_version;
  if (write.lane != Lane::Status) out.effects.push_back(Settled{write});
  ++at_;
  return next(std::move(out), now);
}

Pass::Wants Pass::failed(const kube::Response& response, core::Now now) {
  const Step& step = steps_[at_];
  const auto details = kube::verbs::status_details(response);
  const core::Error error = kube::verbs::error_of(details);
  if (step.write.lane == Lane::Status) return status_failed(response, error);
  if (step.write.how == How::Finalize && error.code == ErrorCode::NotFound) return parent(response);
  if (error.code == ErrorCode::AlreadyExists || error.code == ErrorCode::Conflict) {
    log_.push_back(told(step.write) + ": " + std::to_string(response.status));
    if (step.write.how == How::Finalize && error.code == ErrorCode::Conflict) return parent_changed();
    asked_ = Asked::Child;
    return {.call = kube::verbs::get(*step.write.kind, {parent_.ns, step.write.name})};
  }
  if (error.code == ErrorCode::NotFound && !step.write.uid.empty()) {
    Wants out;
    out.effects.push_back(Removed{step.write.kind, {parent_.ns, step.write.name}, step.write.uid});
    if (step.write.how == How::Delete) {
      log_.push_back(told(step.write));
      out.effects.push_back(Settled{step.write});
    } else {
      write_failed(step.write);
      again_ = true;
    }
    ++at_;
    return next(std::move(out), now);
  }
  if (!is_refusal(response.status)) return {.end = End::Retry, .error = told(step.write) + ": " + error.message};
  plan::Refusal refusal{.code = response.status, .reason = details.reason, .message = details.message};
  // The server's sentence may speak of anything but the size: of a Job that is too large it says that its labels are wrong.
  if (const std::size_t bytes = request(step.write).body.size(); bytes > kMostStored) {
    refusal.code = 413;
    refusal.message = std::string(step.write.kind->kind) + " " + step.write.name + " has " + std::to_string(bytes) +
                      " bytes; allowed are usually " + std::to_string(kMostStored) + "; the API server says: " + details.message;
  }
  Wants out = refuse({}, std::move(refusal), now);
  ++at_;
  return next(std::move(out), now);
}

Pass::Wants Pass::parent_changed() {
  asked_ = Asked::Parent;
  return {.call = kube::verbs::get(*kind_, parent_.key())};
}

Pass::Wants Pass::status_failed(const kube::Response& response, const core::Error& error) {
  log_.push_back("status: " + std::to_string(response.status) + " " + error.message);
  if (error.code == ErrorCode::Conflict) return parent_changed();
  if (error.code == ErrorCode::NotFound) return parent(response);
  if (response.status == 422 && !reduced_) {
    reduced_ = true;
    asked_ = Asked::Write;
    return {.call = request(steps_[at_].write)};
  }
  return {.end = End::Retry, .error = "status: " + error.message};
}

// The name is there, or it is another object or version: whose is it?
Pass::Wants Pass::child(const kube::Response& response, core::Now now) {
  const plan::Write& write = steps_[at_].write;
  Wants out;
  if (kube::verbs::succeeded(response)) {
    const kube::ObjectMeta live = meta_of(response);
    const bool first = write.how == How::Create || write.how == How::Apply;
    const std::string why = first ? plan::taken_by(*write.kind, live, parent_, write.body) : std::string{};
    if (!why.empty()) {
      out = refuse({}, {.code = 409, .reason = "NameTaken", .message = why, .taken = true}, now);
    } else {
      out.effects.push_back(Stored{write.kind, response.body});
      again_ = true;
    }
  } else if (response.status == 404) {
    if (!write.uid.empty()) out.effects.push_back(Removed{write.kind, {parent_.ns, write.name}, write.uid});
    again_ = true;
  } else {
    return {.end = End::Retry, .error = "read of " + told(write) + ": " + kube::verbs::error_of(response).message};
  }
  write_failed(write);
  ++at_;
  return next(std::move(out), now);
}

}  // namespace millrace::engine
