#include "engine/reflector.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/backoff.h"
#include "json/raw.h"
#include "json/value.h"
#include "kube/client/verbs.h"

namespace millrace::engine {
namespace {

using core::ErrorCode;

constexpr core::Duration kFirst{800};
constexpr core::Duration kCap{30'000};
constexpr core::Duration kQuiet{120'000};    // without a failure for so long: the backoff starts anew
constexpr core::Duration kMissing{10'000};   // the kind is not installed: asked again
constexpr core::Duration kOptional{30'000};  // an optional kind is not installed: looked for again
constexpr core::Duration kWatchListLimit{60'000};
constexpr core::Duration kShort{1'000};    // a watch that ended sooner without an event counts as a failure
constexpr core::Duration kSilent{90'000};  // of kIdle, which counts from when a byte came, not from when its line was read
constexpr std::chrono::seconds kShortestWatch{300}, kLongestWatch{600};
constexpr int kWatchListAttempts = 2;
constexpr int kPage = 500;
constexpr const char* kMalformed = "malformed";

bool initial_events_end(std::string_view object) {
  const auto annotations = json::raw_member(json::raw_member(object, "metadata"), "annotations");
  return json::raw_text(json::raw_member(annotations, "k8s.io/initial-events-end")) == "true";
}

const char* reason_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::Gone:
      return "expired";
    case ErrorCode::NotFound:
      return "not_found";
    case ErrorCode::Unavailable:
      return "unavailable";
    case ErrorCode::TooManyRequests:
      return "throttled";
    case ErrorCode::Unauthorized:
    case ErrorCode::Forbidden:
      return "refused";
    default:
      return "error";
  }
}

std::string_view version_of(std::string_view object) {
  return json::raw_text(json::raw_member(json::raw_member(object, "metadata"), "resourceVersion"));
}

}  // namespace

Reflector::Reflector(const kube::Resource* kind, std::string ns, std::string selector, bool optional, std::uint64_t seed)
    : kind_(kind), ns_(std::move(ns)), selector_(std::move(selector)), seed_(seed), optional_(optional) {}

std::chrono::seconds Reflector::watch_time() {
  const auto range = static_cast<std::uint64_t>((kLongestWatch - kShortestWatch).count());
  return kShortestWatch + std::chrono::seconds(core::chance(seed_, ++draws_) % (range + 1));
}

// Between once and twice as long.
core::Duration Reflector::scattered(core::Duration wait) {
  return wait + core::Duration(core::chance(seed_, ++draws_) % (static_cast<std::uint64_t>(wait.count()) + 1));
}

Reflector::Wants Reflector::start(core::Ticks now) { return sync(now); }

Reflector::Wants Reflector::sync(core::Ticks now) {
  batch_.clear();
  continue_.clear();
  full_list_ = false;
  wake_.reset();
  began_ = opened_ = now;
  if (!heard_) heard_ = now;
  events_ = 0;
  if (!use_watch_list_) return list_page();
  state_ = State::WatchListing;
  wake_ = now + kWatchListLimit;
  return {.watch = kube::verbs::watch_list(*kind_, {.ns = ns_, .label_selector = selector_}, watch_time())};
}

Reflector::Wants Reflector::list_page() {
  state_ = State::Listing;
  return {.list = kube::verbs::list(*kind_, {.ns = ns_, .label_selector = selector_}, full_list_ ? 0 : kPage, continue_)};
}

Reflector::Wants Reflector::watch(core::Ticks now) {
  state_ = State::Watching;
  wake_.reset();
  began_ = opened_ = now;
  events_ = 0;
  return {.watch = kube::verbs::watch(*kind_, {.ns = ns_, .label_selector = selector_}, resource_version_, watch_time())};
}

Reflector::Wants Reflector::wait(Next next, core::Ticks now, Why why, std::optional<core::Duration> at_least) {
  if (std::exchange(told_, false) || now - last_failure_ > kQuiet) failures_ = 0;
  last_failure_ = now;
  state_ = State::Waiting;
  next_ = next;
  core::Duration pause = std::max(scattered(core::backoff(kFirst, kCap, failures_++)), at_least.value_or(core::Duration{0}));
  if (next == Next::Sync) pause = std::max(pause, std::min(kCap, list_took_));
  wake_ = now + pause;
  Wants out{.failed = why.text};
  if (next == Next::Watch) return out;
  out.relisted = std::move(why.text);
  out.reason = std::move(why.reason);
  return out;
}

// The API server does not know the kind. Of an optional one this is all there is to know; it is told once.
Reflector::Wants Reflector::missing(core::Ticks now, const std::string& why) {
  if (!optional_) return wait(Next::Sync, now, {reason_of(ErrorCode::NotFound), why}, kMissing);
  batch_.clear();
  synced_ = true;
  failures_ = 0;
  state_ = State::Waiting;
  next_ = Next::Sync;
  wake_ = now + kOptional;
  if (std::exchange(missing_, true)) return {};
  return {.changes = {{.what = Change::What::Replace, .installed = false}}};
}

Reflector::Wants Reflector::page(const core::Result<kube::Response>& response, core::Ticks now) {
  const bool ok = response && kube::verbs::succeeded(*response);
  if (!ok) {
    const core::Error error = response ? kube::verbs::error_of(*response) : response.error();
    if (error.code == ErrorCode::Gone && !continue_.empty() && !full_list_) {  // the continuation expired: once more, whole (C12)
      batch_.clear();
      continue_.clear();
      full_list_ = true;
      return list_page();
    }
    if (error.code == ErrorCode::NotFound) return missing(now, "list: " + error.message);
    return wait(Next::Sync, now, {reason_of(error.code), "list: " + error.message}, response ? response->retry_after : std::nullopt);
  }
  heard_ = now;
  const auto items = json::raw_items(json::raw_member(response->body, "items"));
  const std::string_view metadata = json::raw_member(response->body, "metadata");
  if (!items && json::raw_member(response->body, "items") != "null")
    return wait(Next::Sync, now, {kMalformed, "list: the answer is no list"}, {});
  const std::string version(json::raw_text(json::raw_member(metadata, "resourceVersion")));
  if (version.empty()) return wait(Next::Sync, now, {kMalformed, "list: the answer names no version"}, {});
  if (items) batch_.insert(batch_.end(), items->begin(), items->end());
  resource_version_ = version;
  continue_ = json::raw_text(json::raw_member(metadata, "continue"));
  if (!continue_.empty()) return list_page();
  synced_ = true;
  missing_ = false;
  list_took_ = now - began_;
  Change all{.what = Change::What::Replace, .objects = std::exchange(batch_, {}), .resource_version = resource_version_};
  Wants out = watch(now);
  out.changes.push_back(std::move(all));
  return out;
}

// ended() follows, and tells why.
Reflector::Wants Reflector::close(Why why) {
  closing_ = std::move(why);
  return {.close = true};
}

Reflector::Wants Reflector::line(std::string_view line, core::Ticks now) {
  if (closing_ || stream_error_) return {.close = true};
  heard_ = now;
  const std::string_view type = json::raw_text(json::raw_member(line, "type"));
  const std::string_view object = json::raw_member(line, "object");
  if (object.empty()) return close({kMalformed, "a line is no watch event"});
  if (type == "ERROR") return error_line(object);
  ++events_;
  if (state_ == State::WatchListing) return initial_line(type, object, now);
  told_ = true;
  if (const auto version = version_of(object); !version.empty()) resource_version_ = version;
  if (type == "BOOKMARK") return {};
  const auto what = type == "DELETED" ? Change::What::Gone : Change::What::Put;
  return {.changes = {{.what = what, .objects = {std::string(object)}}}};
}

// Until the bookmark that ends them, events of a WatchList come in no order of versions and are kept aside (C10, C11).
Reflector::Wants Reflector::initial_line(std::string_view type, std::string_view object, core::Ticks now) {
  if (type != "BOOKMARK") {
    if (type != "DELETED") batch_.emplace_back(object);
    return {};
  }
  if (!initial_events_end(object)) return {};
  if (version_of(object).empty()) return close({kMalformed, "the end of the initial events names no version"});
  resource_version_ = version_of(object);
  state_ = State::Watching;
  wake_.reset();
  list_took_ = now - began_;
  began_ = now;
  watch_list_attempts_ = 0;
  synced_ = true;
  missing_ = false;
  return {.changes = {{.what = Change::What::Replace, .objects = std::exchange(batch_, {}), .resource_version = resource_version_}}};
}

Reflector::Wants Reflector::error_line(std::string_view status) {
  const auto parsed = json::parse(status);
  stream_error_ = parsed ? kube::verbs::error_of(kube::verbs::status_details(*parsed)) : parsed.error();
  return {.close = true};
}

Reflector::Wants Reflector::watch_list_failed(core::Ticks now, std::string why, bool unsupported) {
  batch_.clear();
  const char* reason = unsupported ? "watch_list_unsupported" : "watch_list_incomplete";
  if (unsupported || ++watch_list_attempts_ >= kWatchListAttempts) {
    use_watch_list_ = false;
    Wants out = sync(now);
    out.relisted = std::move(why);
    out.reason = reason;
    return out;
  }
  return wait(Next::Sync, now, {reason, std::move(why)}, {});
}

// A server that takes the request and then does not come to the end of the initial events would be asked for ever: that counts as an
// attempt. One that cannot be reached, or is busy, says nothing of WatchList.
Reflector::Wants Reflector::initial_ended(const std::optional<core::Error>& error, Why closed, bool told, core::Ticks now) {
  if (!error)
    return watch_list_failed(now, closed.text.empty() ? "watch list: it ended before its last initial event" : closed.text, false);
  std::string why = "watch list: " + error->message;
  switch (error->code) {
    case ErrorCode::NotFound:
      return missing(now, why);
    case ErrorCode::Unavailable:
      if (told || events_ > 0) return watch_list_failed(now, why, false);
      return wait(Next::Sync, now, {reason_of(error->code), why}, {});
    case ErrorCode::Gone:
      return watch_list_failed(now, why, false);
    case ErrorCode::TooManyRequests:
    case ErrorCode::Cancelled:
    case ErrorCode::Unauthorized:
      return wait(Next::Sync, now, {reason_of(error->code), why}, {});
    default:
      return watch_list_failed(now, why, true);
  }
}

Reflector::Wants Reflector::ended(const core::Result<void>& how, core::Ticks now) {
  const bool quiet = !how && how.error().code == ErrorCode::Unavailable && !closing_ && !stream_error_;
  const core::Ticks last = std::max(heard_.value_or(now), opened_);
  Wants out = over(how, now);
  out.silent = quiet && now - last >= kSilent;
  return out;
}

Reflector::Wants Reflector::over(const core::Result<void>& how, core::Ticks now) {
  const std::optional<Why> closed = std::exchange(closing_, {});
  std::optional<core::Error> error = std::exchange(stream_error_, {});
  const bool told = error.has_value();  // by the server, inside the stream
  if (!error && !how && !closed) error = how.error();
  if (state_ == State::WatchListing) return initial_ended(error, closed.value_or(Why{}), told, now);
  if (closed) return wait(Next::Sync, now, {closed->reason, "watch: " + closed->text}, {});
  if (!error) {
    if (now - began_ < kShort && events_ == 0) return wait(Next::Watch, now, {{}, "watch: it ended at once"}, {});
    return watch(now);
  }
  const Why why{reason_of(error->code), "watch: " + error->message};
  if (optional_ && error->code == ErrorCode::NotFound) return missing(now, why.text);
  switch (error->code) {
    case ErrorCode::Unavailable:  // told inside the stream: it may come at the same version each time
      return wait(told ? Next::Sync : Next::Watch, now, why, {});
    case ErrorCode::TooManyRequests:
    case ErrorCode::Cancelled:
    case ErrorCode::Unauthorized:
      return wait(Next::Watch, now, why, {});
    default:
      return wait(Next::Sync, now, why, {});
  }
}

std::optional<core::Ticks> Reflector::open_since() const {
  if (state_ == State::Watching || state_ == State::WatchListing) return opened_;
  return std::nullopt;
}

Reflector::Wants Reflector::tick(core::Ticks now) {
  if (!wake_ || now < *wake_) return {};
  wake_.reset();
  if (state_ == State::WatchListing) return close({{}, "watch list: no end of the initial events within a minute"});
  if (state_ != State::Waiting) return {};
  return next_ == Next::Watch ? watch(now) : sync(now);
}

}  // namespace millrace::engine
