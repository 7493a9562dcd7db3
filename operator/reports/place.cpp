#include "reports/place.h"

#include "core/base64.h"
#include "kube/client/verbs.h"

namespace millrace::reports {
namespace {

using json::Array;
using json::Object;

constexpr int kTries = 5;

core::Result<json::Value> read(kube::Transport& calls, const kube::Request& request) {
  MILLRACE_TRY(answer, calls.send(request, {}));
  if (!kube::verbs::succeeded(answer)) return kube::verbs::error_of(answer);
  return json::parse(answer.body);
}

// "10.96.0.7:443", "[fd00::7]:443".
core::Result<std::string> address_of(kube::Transport& calls, const Place& place) {
  MILLRACE_TRY(service, read(calls, kube::verbs::get(kube::resources::kService, {place.ns, place.name})));
  const std::string ip = service.text_at({"spec", "clusterIP"});
  const json::Value* ports = service.at({"spec", "ports"});
  const json::Value* port = ports && ports->array() && !ports->array()->empty() ? ports->array()->front().at({"port"}) : nullptr;
  if (ip.empty() || ip == "None" || !port || !port->integer())
    return core::Error{core::ErrorCode::Invalid, "Service " + place.ns + "/" + place.name + " has no cluster IP and port"};
  return (ip.find(':') == std::string::npos ? ip : "[" + ip + "]") + ":" + std::to_string(*port->integer());
}

endpoints::Certificate kept(const json::Value& secret) {
  return {.certificate = core::base64_decoded(secret.text_at({"data", "tls.crt"})).value_or(""),
          .key = core::base64_decoded(secret.text_at({"data", "tls.key"})).value_or("")};
}

core::Result<endpoints::Certificate> certificate(kube::Transport& calls, const Place& place, const std::string& name, core::Instant now) {
  core::Error last{core::ErrorCode::Conflict, "the Secret changes all the time"};
  for (int i = 0; i < kTries; ++i) {
    MILLRACE_TRY(secret, read(calls, kube::verbs::get(kSecret, {place.ns, place.name})));
    const endpoints::Certificate old = kept(secret);
    if (endpoints::is_usable(old, name, now)) return old;
    MILLRACE_TRY(made, endpoints::make_certificate(name, now));
    json::Object& object = *secret.object();
    object["stringData"] = Object{{"tls.crt", made.certificate}, {"tls.key", made.key}};
    const auto written = read(calls, kube::verbs::replace(kSecret, {place.ns, place.name}, secret));
    if (written) return made;
    last = written.error();
    if (last.code != core::ErrorCode::Conflict) break;  // another process was first: what it made counts
  }
  return last;
}

}  // namespace

core::Result<Found> find(kube::Transport& calls, const Place& place, core::Instant now) {
  const std::string name = place.name + "." + place.ns + ".svc";
  MILLRACE_TRY(at, address_of(calls, place));
  MILLRACE_TRY(identity, certificate(calls, place, name, now));
  return Found{.reports = {.at = at, .name = name, .ca = identity.certificate}, .certificate = identity};
}

core::Result<void> announce(kube::Transport& calls, const Place& place, const std::string& address, std::uint16_t port) {
  const kube::Resource& kind = kube::resources::kEndpointSlice;
  const Object metadata{
      {"name", place.name},
      {"namespace", place.ns},
      {"labels", Object{{"kubernetes.io/service-name", place.name}, {"endpointslice.kubernetes.io/managed-by", "millrace"}}}};
  const Object slice{{"apiVersion", kube::api_version(kind)},
                     {"kind", kind.kind},
                     {"metadata", metadata},
                     {"addressType", address.find(':') == std::string::npos ? "IPv4" : "IPv6"},
                     {"endpoints", Array{Object{{"addresses", Array{address}}, {"conditions", Object{{"ready", true}}}}}},
                     {"ports", Array{Object{{"name", "https"}, {"port", static_cast<std::int64_t>(port)}, {"protocol", "TCP"}}}}};
  MILLRACE_TRY(written, read(calls, kube::verbs::apply(kind, {place.ns, place.name}, slice, true)));
  (void)written;
  return {};
}

}  // namespace millrace::reports
