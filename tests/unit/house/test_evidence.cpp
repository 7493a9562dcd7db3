// Two documents name tests as evidence: docs/complaints.md and docs/engine-contract.md. Each test that they name exists, no row is left
// without one or a word why not, and what the engine does not hold yet is listed at the end of its contract.
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

struct Document {
  std::string file{}, prefix{};              // rows begin with "| <prefix>1 |", "| <prefix>2 |" …
  std::size_t rows = 0;                      // as many as there are
  std::vector<std::string> words_why_not{};  // one of them in a row that names no test
};

const std::string kNotHeld = "not held yet";
const Document kComplaints{"docs/complaints.md", "", 42, {"does not apply", "not shown yet"}};
const Document kContract{"docs/engine-contract.md", "C", 50, {kNotHeld}};

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string text_of(const Document& document) { return bytes_of(fs::current_path() / document.file); }

// What a pattern finds at the beginnings of lines, in all sources of a folder.
Names found_in(const fs::path& root, const std::string& pattern, std::string_view between) {
  const std::regex wanted("^" + pattern);
  Names out;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream in(entry.path());
    std::smatch found;
    for (std::string line; std::getline(in, line);) {
      const bool likely = line.starts_with("TEST") || line.starts_with("      {\"");  // a regex on each line takes seconds
      if (likely && std::regex_search(line, found, wanted)) out.insert(found[1].str() + std::string(between) + found[2].str());
    }
  }
  return out;
}

// Suite.Name of each TEST, TEST_F and TEST_P; Conformance/Name of each row of the conformance table.
Names tests_there_are() {
  const fs::path tests = fs::current_path() / "tests";
  Names out = found_in(tests, R"(TEST(?:_F|_P)?\((\w+), *(\w+)\))", ".");
  for (const std::string& row : found_in(tests / "support" / "conformance", R"(( {6})\{"(\w+)\")", "")) {
    out.insert("Conformance/" + row.substr(row.find_first_not_of(' ')));
  }
  return out;
}

// What stands between backticks and has the form of a test's name.
Names named_in(const std::string& text) {
  const std::regex quoted(R"(`([A-Z]\w*\.[A-Z]\w*|Conformance/\w+|(?:scenarios|tests)/[\w/]+\.py::test_\w+)`)");
  Names out;
  for (std::sregex_iterator at(text.begin(), text.end(), quoted), end; at != end; ++at) out.insert((*at)[1].str());
  return out;
}

bool exists(const std::string& name, const Names& tests) {
  const auto colons = name.find("::");
  if (colons == std::string::npos) return tests.contains(name);
  const fs::path root = name.starts_with("scenarios/") ? fs::current_path() / "e2e" : fs::current_path();
  return bytes_of(root / name.substr(0, colons)).find("\ndef " + name.substr(colons + 2) + "(") != std::string::npos;
}

std::vector<std::string> rows_of(const Document& document) {
  std::vector<std::string> out;
  std::istringstream in(text_of(document));
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("| " + document.prefix + std::to_string(out.size() + 1) + " |")) out.push_back(line);
  }
  return out;
}

bool says(const std::string& row, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (row.find(word) != std::string::npos) return true;
  }
  return false;
}

void PrintTo(const Document& document, std::ostream* out) { *out << document.file; }

class Evidence : public testing::TestWithParam<Document> {};

TEST_P(Evidence, EveryTestThatIsNamedExists) {
  const Names tests = tests_there_are(), named = named_in(text_of(GetParam()));
  ASSERT_GT(named.size(), GetParam().rows / 2);
  for (const std::string& name : named) EXPECT_TRUE(exists(name, tests)) << GetParam().file << " names " << name;
}

TEST_P(Evidence, EveryRowHasATestOrAWordWhyNot) {
  const auto rows = rows_of(GetParam());
  ASSERT_EQ(rows.size(), GetParam().rows);
  for (const std::string& row : rows) EXPECT_TRUE(says(row, GetParam().words_why_not) || !named_in(row).empty()) << row;
}

INSTANTIATE_TEST_SUITE_P(Documents, Evidence, testing::Values(kComplaints, kContract),
                         [](const auto& info) { return std::string(info.param.prefix.empty() ? "Complaints" : "Contract"); });

// The list at the end of the contract: "- C46: …".
TEST(House, WhatTheEngineDoesNotHoldYetIsListedAndNothingElse) {
  Names said, listed;
  for (const std::string& row : rows_of(kContract)) {
    if (row.find(kNotHeld) != std::string::npos) said.insert(row.substr(2, row.find(" |") - 2));
  }
  const std::string text = text_of(kContract);
  const auto section = text.find("\n## Not held yet\n");
  ASSERT_NE(section, std::string::npos);
  std::istringstream in(text.substr(section));
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("- ")) listed.insert(line.substr(2, line.find(':') - 2));
  }
  EXPECT_EQ(said, listed);
}

TEST(House, ATestThatIsNotThereIsFound) {
  const Names tests = tests_there_are();
  EXPECT_TRUE(exists("House.ATestThatIsNotThereIsFound", tests));
  EXPECT_TRUE(exists("Conformance/PostTwiceIsAlreadyExists", tests));
  EXPECT_FALSE(exists("House.Nobody", tests));
  EXPECT_FALSE(exists("Conformance/Nothing", tests));
  EXPECT_FALSE(exists("scenarios/test_chart.py::test_nothing", tests));
  EXPECT_FALSE(exists("tests/step/test_step.py::test_nothing", tests));
  EXPECT_EQ(named_in("`Gone.Away`, `Conformance/Row`, `spec.x` and `scenarios/rollouts/test_x.py::test_y`"),
            (Names{"Gone.Away", "Conformance/Row", "scenarios/rollouts/test_x.py::test_y"}));
}

}  // namespace
