#include "metrics_source/source.h"

#include <algorithm>
#include <charconv>

#include "core/percent.h"
#include "core/text.h"
#include "http/client.h"

namespace millrace::metrics_source {
namespace {

core::Error refused(std::string_view option, const std::string& why) {
  return {core::ErrorCode::Invalid, "--metrics-source \"" + core::one_token(option) + "\": " + why};
}

bool is_name(std::string_view s) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto allowed = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; };
  return !s.empty() && s.size() <= 63 && letter(s.front()) && std::all_of(s.begin(), s.end(), allowed);
}

bool is_port(std::string_view s) {
  int port = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), port);
  return error == std::errc() && end == s.data() + s.size() && port > 0 && port < 65536;
}

bool is_host(std::string_view s) {
  const auto allowed = [](char c) { return c > ' ' && c < 0x7f && std::string_view("@[]\"<>\\").find(c) == std::string_view::npos; };
  return !s.empty() && std::all_of(s.begin(), s.end(), allowed);
}

// "" when it is one; else what is allowed.
std::string read_url(std::string_view url, Source& out) {
  const std::string wanted = "url must be http:// or https://, a host, perhaps a port and a path; no user, query or fragment";
  out.tls = url.starts_with("https://");
  if (!out.tls && !url.starts_with("http://")) return wanted;
  url.remove_prefix(out.tls ? 8 : 7);
  const std::size_t slash = std::min(url.find('/'), url.size());
  std::string_view authority = url.substr(0, slash), path = url.substr(slash);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (!core::is_utf8(path) || path.find_first_of("?# \t\r\n") != std::string_view::npos) return wanted;
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return wanted;
  const std::size_t colon = authority.find(':', bracket);
  std::string_view host = authority.substr(0, colon);
  if (bracket > 0) host = host.ends_with(']') ? host.substr(1, bracket - 1) : "";
  const std::string_view port = colon == std::string_view::npos ? (out.tls ? "443" : "80") : authority.substr(colon + 1);
  if (!is_host(host) || !is_port(port)) return wanted;
  out.host = host;
  out.port = port;
  out.prefix = path;
  return "";
}

std::string read_member(std::string_view name, std::string_view value, Source& out) {
  if (name == "name") {
    out.name = value;
    return is_name(value) ? "" : "name must begin with a letter and hold only a-z, 0-9 and -, at most 63";
  }
  if (name == "url") return read_url(value, out);
  if (name == "tenancy") {
    if (value != "none" && value != "label" && value != "header") return "tenancy must be none, label or header";
    out.tenancy = value == "none" ? Tenancy::None : value == "label" ? Tenancy::Label : Tenancy::Header;
    return "";
  }
  if (name != "token-file" && name != "ca-file") return "allowed are name=, url=, tenancy=, token-file=, ca-file=";
  if (value.empty()) return std::string(name) + " must be the path of a file";
  (name == "token-file" ? out.token_file : out.ca_file) = value;
  return "";
}

}  // namespace

core::Result<Source> parse_source(std::string_view option) {
  Source out;
  std::vector<std::string_view> seen;
  for (const std::string_view part : core::split(option, ',')) {
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string_view name = part.substr(0, equals);
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) return refused(option, std::string(name) + "= stands twice");
    seen.push_back(name);
    const std::string why = read_member(name, equals < part.size() ? part.substr(equals + 1) : "", out);
    if (!why.empty()) return refused(option, why);
  }
  if (out.name.empty() || out.host.empty()) return refused(option, "name= and url= must be there");
  if (!out.tls && !out.ca_file.empty()) return refused(option, "ca-file is for https:// alone");
  return out;
}

core::Result<std::vector<Source>> parse_sources(const std::vector<std::string>& options) {
  std::vector<Source> out;
  for (const std::string& option : options) {
    MILLRACE_TRY(source, parse_source(option));
    const bool twice = std::any_of(out.begin(), out.end(), [&](const Source& other) { return other.name == source.name; });
    if (twice) return refused(option, "another source has the name " + source.name);
    out.push_back(std::move(source));
  }
  return out;
}

std::string authority(const Source& source) {
  return source.port == (source.tls ? "443" : "80") ? http::bracketed(source.host) : http::authority(source.host, source.port);
}

std::string target(const Source& source, std::string_view path_and_query, std::string_view ns) {
  std::string out = source.prefix + std::string(path_and_query);
  if (source.tenancy == Tenancy::Label) out += "&namespace=" + core::percent_encoded(ns);
  return out;
}

}  // namespace millrace::metrics_source
