#include "kube/model/meta.h"

#include <algorithm>

namespace millrace::kube {
namespace {

constexpr json::Field kOwner[] = {
    json::field<&OwnerReference::api_version>("apiVersion", "Group and version of the owner.", {.max_length = 253}),
    json::field<&OwnerReference::kind>("kind", "Kind of the owner.", {.max_length = 63}),
    json::field<&OwnerReference::name>("name", "Name of the owner, in the same namespace.", {.max_length = 253}),
    json::field<&OwnerReference::uid>("uid", "Identity of the owner.", {.max_length = 63}),
    json::field<&OwnerReference::controller>("controller", "True for the one owner that manages the object."),
};

constexpr json::Field kMeta[] = {
    json::field<&ObjectMeta::name>("name", "Name, unique per namespace and kind.", {.max_length = 253}),
    json::field<&ObjectMeta::ns>("namespace", "Namespace; empty for objects of the cluster.", {.max_length = 63}),
    json::field<&ObjectMeta::uid>("uid", "Identity; another object of the same name has another one.", {.max_length = 63}),
    json::field<&ObjectMeta::resource_version>("resourceVersion", "Version of the stored object; compare with compare_versions.",
                                               {.max_length = 63}),
    json::field<&ObjectMeta::generation>("generation", "Counts changes of the spec.", {.min = 0}),
    json::field<&ObjectMeta::labels>("labels", "Labels.", {.max_length = 63, .max_properties = 1024}),
    json::field<&ObjectMeta::annotations>("annotations", "Annotations.", {.max_length = 262144, .max_properties = 4096}),
    json::field<&ObjectMeta::owners>("ownerReferences", "Owners, by which the garbage collector deletes.",
                                     {.max_items = 256, .list_key = "uid"}),
    json::field<&ObjectMeta::finalizers>("finalizers", "Who must agree before the object goes.", {.max_items = 256}),
    json::field<&ObjectMeta::created>("creationTimestamp", "When the object was created."),
    json::field<&ObjectMeta::deletion>("deletionTimestamp", "Set once deletion was asked for."),
};

std::string value_of(const json::StringMap& map, std::string_view name) {
  const auto it = map.find(std::string(name));
  return it == map.end() ? std::string() : it->second;
}

std::string_view without_zeros(std::string_view digits) {
  const auto first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? std::string_view() : digits.substr(first);
}

}  // namespace

constinit const json::Schema OwnerReference::schema{.doc = "An owner of the object.", .fields = kOwner};
constinit const json::Schema ObjectMeta::schema{.doc = "Metadata of the object, as metav1.ObjectMeta.", .fields = kMeta};

std::string to_text(const ObjectKey& key) { return key.ns.empty() ? key.name : key.ns + "/" + key.name; }

std::string ObjectMeta::label(std::string_view wanted) const { return value_of(labels, wanted); }
std::string ObjectMeta::annotation(std::string_view wanted) const { return value_of(annotations, wanted); }

const OwnerReference* ObjectMeta::controller() const {
  const auto it = std::find_if(owners.begin(), owners.end(), [](const OwnerReference& o) { return o.controller; });
  return it == owners.end() ? nullptr : &*it;
}

bool ObjectMeta::controlled_by(std::string_view owner) const {
  const OwnerReference* c = controller();
  return c && c->uid == owner && !owner.empty();
}

int compare_versions(std::string_view a, std::string_view b) {
  a = without_zeros(a);
  b = without_zeros(b);
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  const int order = a.compare(b);
  return (order > 0) - (order < 0);
}

}  // namespace millrace::kube
