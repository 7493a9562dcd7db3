// Client: puts queries to the metrics sources, off all other threads. Each source has a thread of its own, so that no slow or dead one,
// nor its name server, delays another. Answers are bounded (1 MiB), redirects are answers like others, connections are kept.
// How many queries are in flight is the asker's affair.
// Thread contract: ask() from any thread, it does not block. `done` is called once on the source's thread, within the deadline; not at
// all once stop() returned.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "metrics_source/source.h"

namespace millrace::metrics_source {

struct Query {
  std::string source{};          // its name; another is answered by an Error on the caller's behalf, like all else
  std::string ns{};              // whose data
  std::string path_and_query{};  // "/api/v1/query?query=…"
  core::Duration deadline{10'000};
};
struct Reply {
  int status = 0;
  std::string body{};
};
// Errors: Unavailable (no answer in time, the connection broke, no such source), TooLarge.
using Done = std::function<void(core::Result<Reply>)>;

class Client {
 public:
  // Error Invalid: a ca-file holds no certificates.
  static core::Result<std::unique_ptr<Client>> start(const std::vector<Source>& sources);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void ask(Query query, Done done);
  void stop();

 private:
  struct Lane;
  Client();
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unique_ptr<Lane> nobody_;  // answers for names that are no source's
};

}  // namespace millrace::metrics_source
