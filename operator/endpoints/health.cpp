#include "endpoints/health.h"

namespace millrace::endpoints {

Page health_page(const std::vector<Check>& checks) {
  Page page;
  for (const Check& check : checks) {
    const auto failure = check.failure();
    page.body += failure ? "[-]" + check.name + " failed: " + *failure + "\n" : "[+]" + check.name + " ok\n";
    if (failure) page.status = 503;
  }
  page.body += page.status == 200 ? "ok\n" : "not ok\n";
  return page;
}

}  // namespace millrace::endpoints
