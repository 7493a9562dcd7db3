// A row of the conformance table: requests in order, and what the answers must say. One table runs against the simulated API server
// and against a real one, so that the simulator cannot flatter; the real one decides.
// In paths, bodies and expected texts "{ns}" is the row's own namespace and "{x}" what an earlier step kept as x.
// Members are addressed as "metadata/labels/app"; "3" is an item of a list, "name=a" the item with that
// member, "~" stands for a slash inside a name.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "kube/client/transport.h"

namespace millrace::conformance {

struct Expectation {
  enum class Test { Equals, Absent, Present, Same, Differs, Contains };
  Test test = Test::Equals;
  std::string path{};
  json::Value value{};  // Same, Differs: the text of a kept value
};

struct Step {
  kube::Request request{};
  int status = 200;
  std::vector<Expectation> expectations{};
  std::map<std::string, std::string> kept{};        // name → path
  std::optional<std::vector<std::string>> lines{};  // a watch: "ADDED a", "BOOKMARK end", "ERROR 410" …
  bool poll = false;                                // ask again until it holds, for at most 20 s: controllers of the cluster act

  Step gives(int code) &&;
  Step has(std::string path, json::Value value) &&;
  Step contains(std::string path, std::string part) &&;
  Step lacks(std::string path) &&;
  Step shows(std::string path) &&;
  Step same(std::string path, std::string name) &&;
  Step differs(std::string path, std::string name) &&;
  Step keeps(std::string name, std::string path) &&;
  Step eventually() &&;
};

Step get(std::string path);
Step post(std::string path, json::Value body, std::string manager = "conformance");
Step put(std::string path, json::Value body, std::string manager = "conformance");
Step merge(std::string path, json::Value body, std::string manager = "conformance");
Step apply_to(std::string path, json::Value body, std::string manager = "millrace", bool force = false);
Step remove(std::string path, json::Value options = {});
// Reads as many lines as are named.
Step watch(std::string path, std::vector<std::string> lines);

struct Row {
  std::string name{};
  std::vector<Step> steps{};
  std::string needs{};  // a path that is not found where the row says nothing of the server: it is skipped there
};

class Server {
 public:
  virtual ~Server() = default;
  virtual kube::Response send(const kube::Request& request) = 0;
  virtual std::vector<std::string> watch(const kube::Request& request, std::size_t lines) = 0;
  virtual void settle() = 0;  // gives the cluster's controllers a moment
};

// What did not hold, as sentences; empty: the row holds. `ns` is a name that nobody uses.
std::vector<std::string> run(const Row& row, Server& server, const std::string& ns);

}  // namespace millrace::conformance
