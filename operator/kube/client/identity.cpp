#include "kube/client/identity.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/text.h"
#include "kube/client/proxy.h"

namespace millrace::kube {
namespace {

constexpr std::size_t kLargestPem = std::size_t{1} << 20;

core::Error invalid(std::string message) { return {.code = core::ErrorCode::Invalid, .message = std::move(message)}; }

std::optional<std::string> contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

bool is_loopback(std::string_view host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

core::Result<Identity> found(const IdentityOptions& options, const Environment& environment) {
  if (!options.kubeconfig.empty()) {
    if (!std::filesystem::exists(options.kubeconfig)) return invalid("kubeconfig " + options.kubeconfig + " does not exist");
    return from_kubeconfig({options.kubeconfig}, options.context);
  }
  if (const auto list = environment("KUBECONFIG"); list && !list->empty()) {
    std::vector<std::string> files;
    for (const std::string_view file : core::split(*list, ':')) {
      if (!file.empty()) files.emplace_back(file);
    }
    return from_kubeconfig(files, options.context);
  }
  if (environment("KUBERNETES_SERVICE_HOST")) return in_cluster(options.service_account, environment);
  return from_kubeconfig({environment("HOME").value_or("") + "/.kube/config"}, options.context);
}

}  // namespace

core::Result<std::string> load(const Pem& pem) {
  if (!pem.data.empty()) return pem.data;
  auto text = contents(pem.path);
  if (!text) return invalid("cannot read " + pem.path);
  if (text->size() > kLargestPem) return invalid(pem.path + " has more than 1 MiB");
  return *std::move(text);
}

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
}

core::Result<void> check_server(const std::string& server, const std::string& where) {
  const auto scheme = server.find("://");
  if (scheme == std::string::npos) return invalid(where + ": server \"" + server + "\" must be https://host:port");
  const std::string host = host_of(server);
  if (host.empty() || server.find_first_of("@?# \t\r\n", scheme) != std::string::npos)
    return invalid(where + ": server \"" + server + "\" must be https://host:port");
  const std::string_view name = std::string_view(server).substr(0, scheme);
  if (name == "https" || (name == "http" && is_loopback(host))) return {};
  return invalid(where + ": server \"" + server + "\" must be https");
}

core::Result<Identity> in_cluster(const std::string& folder, const Environment& environment) {
  const auto host = environment("KUBERNETES_SERVICE_HOST"), port = environment("KUBERNETES_SERVICE_PORT");
  if (!host || host->empty() || !port || port->empty())
    return invalid("not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
  Identity out{.ca = {.path = folder + "/ca.crt"}, .token_file = folder + "/token", .source = "service account " + folder};
  const bool ipv6 = host->find(':') != std::string::npos;
  out.server = "https://" + (ipv6 ? "[" + *host + "]" : *host) + ":" + *port;
  for (const std::string& file : {out.ca.path, out.token_file}) {
    if (!std::filesystem::exists(file)) return invalid("not in a pod with a service account: " + file + " does not exist");
  }
  if (const auto ns = contents(folder + "/namespace"); ns && !trimmed(*ns).empty()) out.ns = trimmed(*ns);
  return out;
}

std::string host_of(std::string_view server) {
  const auto scheme = server.find("://");
  std::string_view rest = scheme == std::string_view::npos ? server : server.substr(scheme + 3);
  rest = rest.substr(0, rest.find('/'));
  if (rest.starts_with("[")) return std::string(rest.substr(1, rest.find(']') == std::string_view::npos ? 0 : rest.find(']') - 1));
  return std::string(rest.substr(0, rest.find(':')));
}

core::Result<Identity> find_identity(const IdentityOptions& options, const Environment& environment) {
  auto out = found(options, environment);
  if (!out || !out->proxy.empty() || !out->server.starts_with("https://")) return out;
  out->proxy = proxy_of(host_of(out->server), environment);
  if (!out->proxy.empty() && !out->proxy.starts_with("http://")) return invalid("HTTPS_PROXY must be http://host:port, not " + out->proxy);
  return out;
}

}  // namespace millrace::kube
