// docs/complaints.md names tests as evidence: each of them exists, and no group is left without a word.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

constexpr std::size_t kGroups = 42;

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Suite.Name of each TEST, TEST_F and TEST_P.
Names unit_tests(const fs::path& root) {
  const std::regex test(R"(^TEST(_F|_P)?\((\w+), *(\w+)\))");
  Names out;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream in(entry.path());
    std::smatch found;
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("TEST") && std::regex_search(line, found, test)) out.insert(found[2].str() + "." + found[3].str());
    }
  }
  return out;
}

// What stands between backticks and has the form of a test's name.
Names named_in(const std::string& text) {
  const std::regex quoted(R"(`([A-Z]\w*\.[A-Z]\w*|scenarios/[\w/]+\.py::test_\w+)`)");
  Names out;
  for (std::sregex_iterator at(text.begin(), text.end(), quoted), end; at != end; ++at) out.insert((*at)[1].str());
  return out;
}

bool exists(const std::string& name, const Names& units) {
  const auto colons = name.find("::");
  if (colons == std::string::npos) return units.contains(name);
  const std::string file = bytes_of(fs::current_path() / "e2e" / name.substr(0, colons));
  return file.find("\ndef " + name.substr(colons + 2) + "(") != std::string::npos;
}

std::vector<std::string> rows() {
  std::vector<std::string> out;
  std::istringstream in(bytes_of(fs::current_path() / "docs" / "complaints.md"));
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("| " + std::to_string(out.size() + 1) + " |")) out.push_back(line);
  }
  return out;
}

TEST(House, EveryTestThatComplaintsNameExists) {
  const Names units = unit_tests(fs::current_path() / "tests");
  const Names named = named_in(bytes_of(fs::current_path() / "docs" / "complaints.md"));
  ASSERT_GT(named.size(), kGroups / 2);
  for (const std::string& name : named) EXPECT_TRUE(exists(name, units)) << "docs/complaints.md names " << name;
}

TEST(House, EveryComplaintHasATestOrAWordWhyNot) {
  const auto all = rows();
  ASSERT_EQ(all.size(), kGroups);
  for (const std::string& row : all) {
    const bool why_not = row.find("does not apply") != std::string::npos || row.find("not shown yet") != std::string::npos;
    EXPECT_TRUE(why_not || !named_in(row).empty()) << row;
  }
}

TEST(House, ATestThatIsNotThereIsFound) {
  const Names units = unit_tests(fs::current_path() / "tests");
  EXPECT_TRUE(exists("House.ATestThatIsNotThereIsFound", units));
  EXPECT_FALSE(exists("House.Nobody", units));
  EXPECT_FALSE(exists("scenarios/test_chart.py::test_nothing", units));
  EXPECT_EQ(named_in("`Gone.Away`, `spec.x` and `scenarios/rollouts/test_x.py::test_y`"),
            (Names{"Gone.Away", "scenarios/rollouts/test_x.py::test_y"}));
}

}  // namespace
