#include "inference_service/analysis/query.h"

#include <algorithm>
#include <array>

namespace millrace::inference_service {
namespace {

constexpr std::string_view kOpen = "{{", kClose = "}}";

// As the text of a string in double quotes.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// A regular expression that matches `text` alone.
std::string literally(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view(R"(.*+?()[]{}|^$\)").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\n"), to = text.find_last_not_of(" \t\n");
  return from == std::string_view::npos ? std::string_view() : text.substr(from, to - from + 1);
}

struct Place {  // of a variable in a template
  std::size_t begin = 0, end = 0;
  std::string_view name{};
};

// Of `{{{canary}}}` the outer braces are PromQL's.
std::optional<Place> next_variable(std::string_view text, std::size_t from) {
  std::size_t begin = text.find(kOpen, from);
  if (begin == std::string_view::npos) return std::nullopt;
  while (begin + 2 < text.size() && text[begin + 2] == '{') ++begin;
  const std::size_t close = text.find(kClose, begin);
  if (close == std::string_view::npos) return Place{begin, text.size(), text.substr(begin)};
  return Place{begin, close + 2, trimmed(text.substr(begin + 2, close - begin - 2))};
}

using Known = std::pair<std::string_view, std::string Variables::*>;
constexpr std::array<Known, 5> kKnown{{{"canary", &Variables::canary},
                                       {"stable", &Variables::stable},
                                       {"namespace", &Variables::ns},
                                       {"name", &Variables::name},
                                       {"window", &Variables::window}}};

const Known* known(std::string_view name) {
  const auto at = std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& k) { return k.first == name; });
  return at == kKnown.end() ? nullptr : &*at;
}

}  // namespace

std::string pods_of(std::string_view ns, std::string_view service, std::string_view revision) {
  const std::string owner = literally(std::string(service) + "-" + std::string(revision));
  return "namespace=" + quoted(ns) + ",pod=~" + quoted(owner + "-[a-z0-9]+(-[a-z0-9]+)?");
}

std::string range_of(core::Duration window) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(window).count()) + "s";
}

std::string expanded(std::string_view text, const Variables& variables) {
  std::string out;
  std::size_t from = 0;
  while (const auto place = next_variable(text, from)) {
    const Known* variable = known(place->name);
    out += text.substr(from, place->begin - from);
    out += variable ? std::string_view(variables.*variable->second) : text.substr(place->begin, place->end - place->begin);
    from = place->end;
  }
  return out + std::string(text.substr(from));
}

std::optional<std::string> unknown_variable(std::string_view text) {
  std::size_t from = 0;
  while (const auto place = next_variable(text, from)) {
    if (known(place->name) == nullptr) return std::string(place->name);
    from = place->end;
  }
  return std::nullopt;
}

}  // namespace millrace::inference_service
