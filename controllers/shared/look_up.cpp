#include "shared/look_up.h"

#include "shared/progress.h"

namespace millrace::shared {

LookUp look_up(const std::vector<plan::Fact>& facts, const plan::ObjectByName& what, core::Instant first, core::Duration again) {
  LookUp out{.fact = find_fact(facts, what), .question = {.what = what, .at = first}};
  if (out.fact == nullptr) return out;
  out.found = std::get_if<plan::Found>(&out.fact->answer);
  out.question.at = out.is_absent() ? out.fact->answered + std::chrono::ceil<std::chrono::seconds>(again) : out.fact->question.at;
  return out;
}

}  // namespace millrace::shared
