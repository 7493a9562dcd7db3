// Arrows between rooms point only down: every #include of the sources is read against the table of docs/architecture.md.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

const std::map<std::string, Names> kMayInclude{
    {"core", {}},
    {"json", {"core"}},
    {"kube/model", {"json"}},
    {"plan", {"kube/model"}},
    {"telemetry", {"core"}},
    {"http", {"core"}},
    {"kube/client", {"telemetry", "kube/model", "http"}},
    {"engine", {"kube/client", "plan"}},
    {"endpoints", {"telemetry", "json"}},
    {"metrics_source", {"http"}},
    {"shared", {"plan"}},
    {"training_job", {"plan", "shared", "engine"}},
    {"model_version", {"plan", "shared", "engine"}},
    {"inference_service", {"plan", "shared", "engine"}},
    {"kinds", {"training_job", "model_version", "inference_service"}},
    {"reports", {"engine", "endpoints", "training_job"}},
    {"app", {"kinds", "engine", "endpoints", "metrics_source", "reports"}},
};

// Third parties by the room that may name them; everything else of `<…>` with a dot or a slash is refused.
const std::map<std::string, Names> kThirdParties{
    {"core", {"openssl/", "tl/", "fmt/"}},
    {"json", {"simdjson.h", "yaml-cpp/", "re2/", "boost/container/"}},
    {"telemetry", {"spdlog/", "prometheus/"}},
    {"http", {"boost/", "openssl/"}},
    {"kube/client", {"cpprest/", "pplx/", "openssl/", "boost/"}},
    {"endpoints", {"boost/", "openssl/"}},
    {"metrics_source", {"openssl/"}},
    {"app", {"CLI/"}},
};

// Only the two files of a controller that touch the engine may include it.
bool is_shell(const fs::path& file) {
  const std::string stem = file.stem().string();
  return stem == "observe" || stem == "controller";
}

std::string room_of(const std::string& include) {
  for (const char* two : {"kube/model", "kube/client"}) {
    if (include.starts_with(std::string(two) + "/")) return two;
  }
  if (include == "kinds.h") return "kinds";
  return include.substr(0, include.find('/'));
}

Names reach(const std::string& room) {
  Names all{room};
  for (const std::string& next : kMayInclude.at(room)) all.merge(reach(next));
  return all;
}

struct Include {
  fs::path file;
  std::string room, name;
  bool system;
};

std::vector<Include> includes_of(const fs::path& root) {
  std::vector<Include> out;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".h" && entry.path().extension() != ".cpp") continue;
    const std::string room = room_of(fs::relative(entry.path(), root).generic_string());
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      if (!line.starts_with("#include ") || line.size() < 12) continue;
      const char closing = line[9] == '<' ? '>' : '"';
      out.push_back({entry.path(), room == "kinds.cpp" ? "kinds" : room, line.substr(10, line.find(closing, 10) - 10), line[9] == '<'});
    }
  }
  return out;
}

std::vector<Include> all_includes() {
  const fs::path source = fs::current_path();  // ctest runs tests in the source folder
  auto all = includes_of(source / "operator");
  for (auto& include : includes_of(source / "controllers")) all.push_back(std::move(include));
  return all;
}

bool allowed(const Include& include) {
  const std::string target = room_of(include.name);
  if (!kMayInclude.contains(include.room) || !kMayInclude.contains(target)) return false;
  if (target == "engine" && kMayInclude.at(include.room).contains("shared")) return is_shell(include.file);
  const bool another_kind = include.name.find("/api/") != std::string::npos && include.room != target;
  if (another_kind && kMayInclude.at(include.room).contains("shared")) return true;
  return reach(include.room).contains(target);
}

bool third_party_allowed(const Include& include) {
  if (include.name.find_first_of("./") == std::string::npos || include.name.starts_with("sys/")) return true;
  for (const char* anywhere : {"fmt/", "tl/", "unistd.h", "fcntl.h", "dirent.h", "poll.h", "pthread.h", "spawn.h", "malloc.h", "time.h"}) {
    if (include.name.starts_with(anywhere)) return true;
  }
  const auto mine = kThirdParties.find(include.room);
  if (mine == kThirdParties.end()) return false;
  for (const std::string& prefix : mine->second) {
    if (include.name.starts_with(prefix)) return true;
  }
  return false;
}

TEST(House, EveryArrowPointsDown) {
  const auto includes = all_includes();
  ASSERT_GT(includes.size(), 50u);
  for (const Include& include : includes) {
    EXPECT_TRUE(include.system || allowed(include)) << include.file.string() << " includes " << include.name;
  }
}

TEST(House, ThirdPartiesStayInTheirRooms) {
  for (const Include& include : all_includes()) {
    EXPECT_TRUE(!include.system || third_party_allowed(include)) << include.file.string() << " includes <" << include.name << ">";
  }
}

TEST(House, TheTableRefusesAnArrowUp) {
  EXPECT_FALSE(allowed({"core/x.cpp", "core", "json/value.h", false}));
  EXPECT_FALSE(allowed({"training_job/plan.cpp", "training_job", "engine/world.h", false}));
  EXPECT_FALSE(allowed({"training_job/plan.cpp", "training_job", "model_version/gates.h", false}));
  EXPECT_TRUE(allowed({"training_job/plan.cpp", "training_job", "model_version/api/model_version.h", false}));
  EXPECT_FALSE(third_party_allowed({"plan/x.cpp", "plan", "simdjson.h", true}));
}

}  // namespace
