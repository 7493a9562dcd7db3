#include "step/child.h"
#include "step/files.h"
#include "step/install.h"
#include "step/options.h"
#include "step/run.h"
#include "step/signals.h"

#include <sys/stat.h>

int main(int argc, char** argv) {
  using namespace millrace::step;
  const Signals signals;
  // Containers of one pod run as different users: what this program makes is open to all of them.
  const unsigned umask_before = umask(0);
  Options options;
  if (const char* why = parse({argv, static_cast<std::size_t>(argc)}, options)) {
    complain(why);
    return kOwnFailure;
  }
  if (options.verb == Verb::Install) return install(options.install_into);
  return run(options, umask_before, signals);
}
