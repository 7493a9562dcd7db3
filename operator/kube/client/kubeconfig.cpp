// Kubeconfig files: merged, then one context resolved to an Identity.
#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "core/base64.h"
#include "core/text.h"
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
  Entry entry;
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

// As client-go writes what may be no part of a header's name.
std::string escaped(std::string_view key) {
  constexpr std::string_view kAllowed = "!#$&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz";
  std::string out;
  for (const char c : core::lower(key)) {
    const auto byte = static_cast<unsigned char>(c);
    if (kAllowed.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += "%" + std::string(1, "0123456789ABCDEF"[byte >> 4]) + std::string(1, "0123456789ABCDEF"[byte & 15]);
    }
  }
  return out;
}

void add_all(Headers& out, const std::string& name, const Value* texts) {
  if (!texts || !texts->array()) return;
  for (const Value& one : *texts->array()) {
    if (one.text()) out.emplace_back(name, *one.text());
  }
}

core::Result<void> read_impersonation(const Section& user, Identity& out) {
  const Value* extra = user.entry.body.at({"as-user-extra"});
  if (!user.has("as")) {
    for (const char* field : {"as-uid", "as-groups", "as-user-extra"}) {
      if (user.has(field)) return invalid(user.where + ": " + field + " needs as");
    }
    return {};
  }
  out.headers.emplace_back("Impersonate-User", user.text("as"));
  if (user.has("as-uid")) out.headers.emplace_back("Impersonate-Uid", user.text("as-uid"));
  add_all(out.headers, "Impersonate-Group", user.entry.body.at({"as-groups"}));
  if (extra && extra->object()) {
    for (const auto& [key, values] : extra->object()->members()) add_all(out.headers, "Impersonate-Extra-" + escaped(key), &values);
  }
  for (const auto& [name, value] : out.headers) {
    const bool clean = std::all_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7f; });
    if (!clean) return invalid(user.where + ": the value of " + name + " has a control character");
  }
  return {};
}

core::Result<void> read_basic(const Section& user, Identity& out) {
  if (!user.has("username")) return user.has("password") ? invalid(user.where + ": password needs username") : core::Result<void>{};
  if (user.has("token") || user.has("tokenFile")) return invalid(user.where + ": give a token or username and password, not both");
  out.headers.emplace_back("Authorization", "Basic " + core::base64_encoded(user.text("username") + ":" + user.text("password")));
  return {};
}

std::vector<std::string> texts_of(const Value* list) {
  std::vector<std::string> out;
  if (!list || !list->array()) return out;
  for (const Value& one : *list->array()) out.push_back(one.text() ? *one.text() : std::string());
  return out;
}

// What a plugin that asks for it is told of the cluster: the fields of ExecCredential's spec.cluster that we know.
std::string cluster_of(const Identity& identity) {
  json::Object out{{"server", identity.server}};
  if (!identity.tls_server_name.empty()) out["tls-server-name"] = identity.tls_server_name;
  if (!identity.proxy.empty()) out["proxy-url"] = identity.proxy;
  if (const auto ca = load(identity.ca)) out["certificate-authority-data"] = core::base64_encoded(*ca);
  return json::dump(out);
}

core::Result<void> read_exec(const Section& user, Identity& out) {
  const Value* exec = user.entry.body.at({"exec"});
  if (!exec || !exec->object()) return {};
  const Section section{Entry{*exec, user.entry.file}, user.where + ", exec"};
  ExecPlugin plugin{.command = section.text("command"), .args = texts_of(exec->at({"args"})), .api_version = section.text("apiVersion")};
  if (plugin.command.empty()) return invalid(section.where + ": command is missing");
  if (plugin.command.find('/') != std::string::npos) plugin.command = section.path("command");
  if (plugin.api_version != "client.authentication.k8s.io/v1" && plugin.api_version != "client.authentication.k8s.io/v1beta1")
    return invalid(section.where + ": apiVersion must be client.authentication.k8s.io/v1 or v1beta1");
  if (section.text("interactiveMode") == "Always") return invalid(section.where + ": interactiveMode Always needs a terminal");
  if (const Value* env = exec->at({"env"}); env && env->array()) {
    for (const Value& one : *env->array()) plugin.env.emplace_back(one.text_at({"name"}), one.text_at({"value"}));
  }
  if (section.is_true("provideClusterInfo")) plugin.cluster = cluster_of(out);
  out.exec = std::move(plugin);
  return {};
}

core::Result<void> read_user(const Section& user, Identity& out) {
  if (user.has("auth-provider")) return invalid(user.where + ": auth-provider is not supported, use exec, a token or a client certificate");
  if (auto ok = read_exec(user, out); !ok) return ok;
  if (auto ok = read_impersonation(user, out); !ok) return ok;
  if (auto ok = read_basic(user, out); !ok) return ok;
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
