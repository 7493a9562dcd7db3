// Kubeconfig files: merged, then one context resolved to an Identity.
#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "core/base64.h"
#include "json/value.h"
#include "kube/client/identity.h"

namespace millrace::kube {
namespace {

using json::Value;

core::Error invalid(std::string message) { return {.code = core::ErrorCode::Invalid, .message = std::move(message)}; }

struct Entry {
  Value body{};
  std::string file{};
};

struct Merged {
  std::map<std::string, Entry> clusters{}, users{}, contexts{};
  std::string current{};
  std::string names{};  // of the files, for messages
};

void merge_list(std::map<std::string, Entry>& into, const Value& file, const std::string& path, std::string_view list,
                std::string_view body) {
  const Value* items = file.at({list});
  if (!items || !items->array()) return;
  for (const Value& item : *items->array()) {
    const Value* content = item.at({body});
    into.try_emplace(item.text_at({"name"}), Entry{content ? *content : Value(), path});
  }
}

core::Result<Merged> merge(const std::vector<std::string>& files) {
  Merged out;
  for (const std::string& path : files) {
    out.names += (out.names.empty() ? "" : ", ") + path;
    if (!std::filesystem::exists(path)) continue;
    MILLRACE_TRY(text, load(Pem{.path = path}));
    auto documents = json::parse_yaml(text);
    if (!documents) return invalid("kubeconfig " + path + ": " + documents.error().message);
    if (documents->empty()) continue;
    const Value& file = documents->front();
    merge_list(out.clusters, file, path, "clusters", "cluster");
    merge_list(out.users, file, path, "users", "user");
    merge_list(out.contexts, file, path, "contexts", "context");
    if (out.current.empty()) out.current = file.text_at({"current-context"});
  }
  return out;
}

// Where a field stands, for messages; paths in a file are relative to its folder.
struct Section {
  const Entry& entry;
  std::string where;

  std::string text(std::string_view field) const { return entry.body.text_at({field}); }
  bool has(std::string_view field) const {
    const Value* v = entry.body.at({field});
    return v && !v->is_null() && !(v->text() && v->text()->empty());
  }
  bool is_true(std::string_view field) const {
    const Value* v = entry.body.at({field});
    return v && v->boolean().value_or(false);
  }
  std::string path(std::string_view field) const {
    const std::string file = text(field);
    if (file.empty() || file.front() == '/') return file;
    return (std::filesystem::path(entry.file).parent_path() / file).string();
  }
};

core::Result<Pem> pem(const Section& in, const std::string& field) {
  if (!in.has(field + "-data")) return Pem{.path = in.path(field)};
  auto data = core::base64_decoded(in.text(field + "-data"));
  if (!data) return invalid(in.where + ": " + field + "-data is not base64");
  return Pem{.data = *std::move(data)};
}

core::Result<void> read_cluster(const Section& cluster, Identity& out) {
  if (cluster.is_true("insecure-skip-tls-verify"))
    return invalid(cluster.where + ": insecure-skip-tls-verify is refused, give certificate-authority");
  out.server = cluster.text("server");
  while (out.server.ends_with("/")) out.server.pop_back();
  MILLRACE_TRY(ca, pem(cluster, "certificate-authority"));
  out.ca = std::move(ca);
  out.tls_server_name = cluster.text("tls-server-name");
  out.proxy = cluster.text("proxy-url");
  if (!out.proxy.empty() && !out.proxy.starts_with("http://")) return invalid(cluster.where + ": proxy-url must be http://host:port");
  if (out.server.starts_with("https://") && out.ca.empty())
    return invalid(cluster.where + ": certificate-authority is missing, only the cluster's own is trusted");
  return check_server(out.server, cluster.where);
}

core::Result<void> read_user(const Section& user, Identity& out) {
  for (const char* unsupported : {"exec", "auth-provider", "username", "password", "as", "as-uid", "as-groups", "as-user-extra"}) {
    if (user.has(unsupported)) return invalid(user.where + ": " + unsupported + " is not supported, use a token or a client certificate");
  }
  MILLRACE_TRY(certificate, pem(user, "client-certificate"));
  MILLRACE_TRY(key, pem(user, "client-key"));
  if (certificate.empty() != key.empty()) return invalid(user.where + ": client-certificate and client-key go together");
  out.certificate = std::move(certificate);
  out.key = std::move(key);
  // As in client-go: a file is re-read, so it wins over the text.
  out.token_file = user.path("tokenFile");
  if (out.token_file.empty()) out.token = user.text("token");
  return {};
}

const Entry* named(const std::map<std::string, Entry>& all, const std::string& name) {
  const auto it = all.find(name);
  return it == all.end() ? nullptr : &it->second;
}

}  // namespace

core::Result<Identity> from_kubeconfig(const std::vector<std::string>& files, std::string_view wanted) {
  MILLRACE_TRY(all, merge(files));
  const std::string name = wanted.empty() ? all.current : std::string(wanted);
  if (name.empty()) return invalid("kubeconfig " + all.names + ": no file sets current-context");
  const Entry* context = named(all.contexts, name);
  if (!context) return invalid("kubeconfig " + all.names + ": there is no context \"" + name + "\"");
  const std::string cluster_name = context->body.text_at({"cluster"}), user_name = context->body.text_at({"user"});
  const Entry* cluster = named(all.clusters, cluster_name);
  if (!cluster)
    return invalid("kubeconfig " + context->file + ": context \"" + name + "\" names cluster \"" + cluster_name + "\", which is not there");
  Identity out{.source = "kubeconfig " + context->file + ", context " + name};
  const Section cluster_section{*cluster, "kubeconfig " + cluster->file + ", cluster \"" + cluster_name + "\""};
  if (auto ok = read_cluster(cluster_section, out); !ok) return std::move(ok).error();
  if (const std::string ns = context->body.text_at({"namespace"}); !ns.empty()) out.ns = ns;
  if (user_name.empty()) return out;
  const Entry* user = named(all.users, user_name);
  if (!user)
    return invalid("kubeconfig " + context->file + ": context \"" + name + "\" names user \"" + user_name + "\", which is not there");
  const Section user_section{*user, "kubeconfig " + user->file + ", user \"" + user_name + "\""};
  if (auto ok = read_user(user_section, out); !ok) return std::move(ok).error();
  return out;
}

}  // namespace millrace::kube
