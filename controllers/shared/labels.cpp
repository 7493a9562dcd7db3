#include "shared/labels.h"

#include "kube/model/children.h"

namespace millrace::shared {

json::StringMap common_labels(std::string_view parent_name, std::string_view component) {
  return {{std::string(kNameLabel), kube::label_value(parent_name)},
          {std::string(kComponentLabel), std::string(component)},
          {std::string(kube::kManagedByLabel), std::string(kube::kManagedBy)}};
}

}  // namespace millrace::shared
