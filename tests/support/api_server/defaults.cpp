#include "support/api_server/defaults.h"

#include <array>

#include "core/quantity.h"

namespace millrace::sim {
namespace {

using json::Object;
using json::Value;

Object& member(Object& o, std::string_view name) {
  Value& v = o[name];
  if (v.object() == nullptr) v = Object{};
  return *v.object();
}

void unless_set(Object& o, std::string_view name, Value value) {
  Value& v = o[name];
  if (v.is_null()) v = std::move(value);
}

template <class F>
void each(Object& o, std::string_view list, F body) {
  Value* v = o.find(list);
  if (v == nullptr || v->array() == nullptr) return;
  for (auto& item : *v->array()) {
    if (item.object() != nullptr) body(*item.object());
  }
}

void canonical_quantities(Object& o, std::string_view name) {
  Value* v = o.find(name);
  if (v == nullptr || v->object() == nullptr) return;
  for (auto& [key, quantity] : v->object()->members()) {
    if (quantity.text() != nullptr) quantity = canonical_quantity(*quantity.text());
    if (quantity.integer()) quantity = canonical_quantity(std::to_string(*quantity.integer()));
  }
}

void fill_probe(Object& container, std::string_view name) {
  Value* v = container.find(name);
  if (v == nullptr || v->object() == nullptr) return;
  Object& probe = *v->object();
  unless_set(probe, "timeoutSeconds", 1);
  unless_set(probe, "periodSeconds", 10);
  unless_set(probe, "successThreshold", 1);
  unless_set(probe, "failureThreshold", 3);
  if (probe.find("httpGet") != nullptr) {
    Object& get = member(probe, "httpGet");
    unless_set(get, "path", "/");
    unless_set(get, "scheme", "HTTP");
  }
}

void fill_container(Object& c) {
  unless_set(c, "terminationMessagePath", "/dev/termination-log");
  unless_set(c, "terminationMessagePolicy", "File");
  const std::string image = c.find("image") != nullptr && c.find("image")->text() != nullptr ? *c.find("image")->text() : "";
  const auto tag = image.find(':', image.rfind('/') == std::string::npos ? 0 : image.rfind('/'));
  const bool latest = tag == std::string::npos || image.substr(tag) == ":latest";
  unless_set(c, "imagePullPolicy", latest ? "Always" : "IfNotPresent");
  canonical_quantities(member(c, "resources"), "requests");
  canonical_quantities(member(c, "resources"), "limits");
  each(c, "ports", [](Object& port) { unless_set(port, "protocol", "TCP"); });
  each(c, "env", [](Object& e) {
    Value* from = e.find("valueFrom");
    if (from != nullptr && from->object() != nullptr && from->object()->find("fieldRef") != nullptr) {
      unless_set(member(*from->object(), "fieldRef"), "apiVersion", "v1");
    }
  });
  for (const auto probe : {"readinessProbe", "livenessProbe", "startupProbe"}) fill_probe(c, probe);
}

void fill_volume(Object& v) {
  for (const auto source : {"configMap", "secret", "projected", "downwardAPI"}) {
    if (v.find(source) != nullptr) unless_set(member(v, source), "defaultMode", 420);
  }
  Value* empty = v.find("emptyDir");
  if (empty != nullptr && empty->object() != nullptr) {
    Value* limit = empty->object()->find("sizeLimit");
    if (limit != nullptr && limit->text() != nullptr) *limit = canonical_quantity(*limit->text());
  }
}

void fill_pod_spec(Object& spec) {
  unless_set(spec, "restartPolicy", "Always");
  unless_set(spec, "dnsPolicy", "ClusterFirst");
  unless_set(spec, "schedulerName", "default-scheduler");
  unless_set(spec, "terminationGracePeriodSeconds", 30);
  unless_set(spec, "securityContext", Object{});
  if (const Value* account = spec.find("serviceAccountName")) unless_set(spec, "serviceAccount", *account);
  each(spec, "initContainers", fill_container);
  each(spec, "containers", fill_container);
  each(spec, "volumes", fill_volume);
}

Object& spec_of(Value& object) { return member(*object.object(), "spec"); }

}  // namespace

void fill_pod(Value& object) { fill_pod_spec(spec_of(object)); }

void fill_job(Value& object) {
  Object& spec = spec_of(object);
  const bool one = spec.find("completions") == nullptr && spec.find("parallelism") == nullptr;
  if (one) unless_set(spec, "completions", 1);
  unless_set(spec, "parallelism", 1);
  unless_set(spec, "backoffLimit", spec.find("backoffLimitPerIndex") != nullptr ? Value(std::int64_t{2147483647}) : Value(6));
  unless_set(spec, "completionMode", "NonIndexed");
  unless_set(spec, "suspend", false);
  unless_set(spec, "manualSelector", false);
  const std::string uid = object.text_at({"metadata", "uid"});
  const bool failures_handled = spec.find("podFailurePolicy") != nullptr;
  unless_set(spec, "podReplacementPolicy", failures_handled ? "Failed" : "TerminatingOrFailed");
  if (!uid.empty()) unless_set(spec, "selector", Object{{"matchLabels", Object{{"batch.kubernetes.io/controller-uid", uid}}}});
  Object& pod_template = member(spec, "template");
  if (!uid.empty()) {
    Object& labels = member(member(pod_template, "metadata"), "labels");
    const std::string name = object.text_at({"metadata", "name"});
    for (const auto key : {"batch.kubernetes.io/controller-uid", "controller-uid"}) labels[key] = uid;
    for (const auto key : {"batch.kubernetes.io/job-name", "job-name"}) labels[key] = name;
  }
  fill_pod_spec(member(pod_template, "spec"));
}

void fill_deployment(Value& object) {
  Object& spec = spec_of(object);
  unless_set(spec, "replicas", 1);
  unless_set(spec, "revisionHistoryLimit", 10);
  unless_set(spec, "progressDeadlineSeconds", 600);
  Object& strategy = member(spec, "strategy");
  unless_set(strategy, "type", "RollingUpdate");
  if (*strategy.find("type")->text() == "RollingUpdate") {
    Object& rolling = member(strategy, "rollingUpdate");
    unless_set(rolling, "maxSurge", "25%");
    unless_set(rolling, "maxUnavailable", "25%");
  }
  fill_pod_spec(member(member(spec, "template"), "spec"));
}

void fill_service(Value& object) {
  Object& spec = spec_of(object);
  unless_set(spec, "type", "ClusterIP");
  unless_set(spec, "sessionAffinity", "None");
  unless_set(spec, "internalTrafficPolicy", "Cluster");
  each(spec, "ports", [](Object& port) {
    unless_set(port, "protocol", "TCP");
    if (const Value* number = port.find("port")) unless_set(port, "targetPort", Value(*number));
  });
  const std::string uid = object.text_at({"metadata", "uid"});
  if (uid.empty()) return;
  std::uint64_t sum = 0;
  for (const char c : uid) sum = sum * 31 + static_cast<unsigned char>(c);
  unless_set(spec, "clusterIP", "10.96." + std::to_string(sum % 250) + "." + std::to_string(1 + sum / 250 % 250));
  unless_set(spec, "clusterIPs", json::Array{*spec.find("clusterIP")});
  unless_set(spec, "ipFamilies", json::Array{"IPv4"});
  unless_set(spec, "ipFamilyPolicy", "SingleStack");
}

void fill_claim(Value& object) {
  Object& spec = spec_of(object);
  unless_set(spec, "volumeMode", "Filesystem");
  canonical_quantities(member(spec, "resources"), "requests");
}

std::string canonical_quantity(std::string_view text) {
  const auto millis = core::quantity_millis(text);
  if (!millis) return std::string(text);
  const bool binary = text.ends_with('i');
  if (*millis % 1000 != 0) return std::to_string(*millis) + "m";
  std::int64_t value = *millis / 1000;
  const std::int64_t step = binary ? 1024 : 1000;
  static constexpr std::array kBinary{"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  static constexpr std::array kDecimal{"", "k", "M", "G", "T", "P", "E"};
  std::size_t unit = 0;
  for (; unit + 1 < kBinary.size() && value != 0 && value % step == 0; ++unit) value /= step;
  return std::to_string(value) + (binary ? kBinary[unit] : kDecimal[unit]);
}

}  // namespace millrace::sim
