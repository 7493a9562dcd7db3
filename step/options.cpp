#include "step/options.h"

#include "step/post.h"

namespace millrace::step {
namespace {

// Names become file names in the state folder.
bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 63) return false;
  for (const char c : text) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    if (!allowed) return false;
  }
  return true;
}

const char* take_after(std::string_view list, Options& into) {
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view name = list.substr(0, comma);
    if (!is_name(name)) return "--after takes names of a-z, 0-9 and -, divided by commas";
    if (into.after_count == kMaxAfter) return "--after names too many steps";
    into.after[into.after_count++] = name;
    if (comma == std::string_view::npos) return nullptr;
    list.remove_prefix(comma + 1);
  }
}

const char* take_option(std::string_view option, const char* value, Options& into) {
  if (option == "--name") {
    into.name = value;
    return is_name(into.name) ? nullptr : "--name takes at most 63 of a-z, 0-9 and -";
  }
  if (option == "--state") {
    into.state = value;
    return nullptr;
  }
  if (option == "--share" || option == "--give") {
    if (into.share_count == kMaxShares) return "too many --share and --give";
    into.shares[into.share_count++] = {value, option == "--share" ? Access::Read : Access::Remove};
    return nullptr;
  }
  if (option == "--checkpoint") {
    into.checkpoint = value;
    return nullptr;
  }
  if (option == "--report") {
    into.report = value;
    return nullptr;
  }
  if (option == "--report-at") {
    into.report_at = value;
    return nullptr;
  }
  if (option == "--after" && into.verb == Verb::Follow) return take_after(value, into);
  return "an option is not known; there are --name, --state, --share, --give, --checkpoint, --report, --report-at, and --after of follow";
}

const char* check(const Options& options) {
  if (options.name.empty()) return "--name is missing";
  if (options.verb == Verb::Follow && options.after_count == 0) return "--after is missing";
  const bool reports = options.report != nullptr || options.report_at != nullptr;
  if (reports && (options.report == nullptr || options.report_at == nullptr || !is_endpoint(options.report, options.report_at)))
    return "--report takes https://NAME/PATH and --report-at its ADDRESS:PORT";
  if (options.command == nullptr || *options.command == nullptr) return "the command after -- is missing";
  return nullptr;
}

const char* parse_step(std::span<char*> rest, Options& into) {
  std::size_t at = 0;
  while (at < rest.size()) {
    const std::string_view option = rest[at];
    if (option == "--") {
      into.command = rest.data() + at + 1;
      break;
    }
    if (at + 1 == rest.size()) return "an option has no value";
    if (const char* why = take_option(option, rest[at + 1], into)) return why;
    at += 2;
  }
  return check(into);
}

}  // namespace

const char* parse(std::span<char*> arguments, Options& into) {
  constexpr const char* kUsage = "use: millrace-step install DIR | run --name N … -- CMD … | follow --name N --after A … -- CMD …";
  if (arguments.size() < 2) return kUsage;
  const std::string_view verb = arguments[1];
  const auto rest = arguments.subspan(2);
  if (verb == "install" && rest.size() == 1) {
    into.verb = Verb::Install;
    into.install_into = rest[0];
    return nullptr;
  }
  if (verb != "run" && verb != "follow") return kUsage;
  into.verb = verb == "run" ? Verb::Run : Verb::Follow;
  return parse_step(rest, into);
}

}  // namespace millrace::step
