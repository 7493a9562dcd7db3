// Identity: which API server, whom we trust, who we are. From a kubeconfig or from the pod's service account.
// Files are named, not read: certificates are read at each new connection and tokens again each minute, so rotation needs no restart.
// Not supported, with an error that says so: auth-provider plugins, client certificates of exec plugins, insecure-skip-tls-verify, proxies
// other than http. Thread contract: plain values. Errors: Invalid with file and field. Source: client-go tools/clientcmd,
// rest.InClusterConfig.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "kube/client/exec_plugin.h"

namespace millrace::kube {

struct Pem {  // PEM text, or the file that holds it
  std::string data{}, path{};
  bool empty() const { return data.empty() && path.empty(); }
  bool operator==(const Pem&) const = default;
};
core::Result<std::string> load(const Pem& pem);

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Identity {
  std::string server{};              // "https://host:port/prefix", no slash at the end
  std::string tls_server_name{};     // the name that the server's certificate must have; "" = host of server
  Pem ca{};                          // the only authorities that are trusted
  Pem certificate{}, key{};          // of the client; empty: none
  std::string token{};               // bearer token, or
  std::string token_file{};          // the file that holds it
  std::optional<ExecPlugin> exec{};  // gives the token of the moment
  Headers headers{};                 // of every call: a name with its password, and whom to be instead (impersonation)
  std::string proxy{};               // "http://host:port", "" none
  std::string ns = "default";
  std::string source{};  // for people: "kubeconfig /x, context y"
  bool operator==(const Identity&) const = default;
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

struct IdentityOptions {
  std::string kubeconfig{};  // a file; "": KUBECONFIG, then the pod's service account, then ~/.kube/config
  std::string context{};     // "": the file's current-context
  std::string service_account = "/var/run/secrets/kubernetes.io/serviceaccount";
};
core::Result<Identity> find_identity(const IdentityOptions& options, const Environment& environment);

// Files are merged as kubectl does: the first that names a thing wins; missing files of a list are skipped.
core::Result<Identity> from_kubeconfig(const std::vector<std::string>& files, std::string_view context);
core::Result<Identity> in_cluster(const std::string& folder, const Environment& environment);

// The host of "https://host:port/prefix", an IPv6 address without brackets; "" when there is none.
std::string host_of(std::string_view server);

// Scheme, host and port are fit for the client: https, or http to a loopback address.
core::Result<void> check_server(const std::string& server, const std::string& where);

}  // namespace millrace::kube
