// docs/metrics.md lists every metric of the program, and nothing else: name, type, labels, buckets.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "telemetry/meters.h"

namespace millrace::telemetry {
namespace {

using Numbers = std::vector<double>;

std::vector<std::string> lines_of_the_document() {
  std::ifstream in("docs/metrics.md");  // tests run in the source folder
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

// "- passes: .005, .01"
std::map<std::string, Numbers> buckets_of(const std::vector<std::string>& lines) {
  std::map<std::string, Numbers> out;
  const std::regex wanted(R"(- (\w+): ([-.e\d, ]+))");
  for (const std::string& line : lines) {
    std::smatch found;
    if (!std::regex_match(line, found, wanted)) continue;
    std::istringstream numbers(found[2].str());
    for (std::string number; std::getline(numbers, number, ',');) out[found[1]].push_back(std::stod(number));
  }
  return out;
}

std::vector<std::string> quoted_in(const std::string& text) {
  const std::regex quoted("`([^`]+)`");
  std::vector<std::string> out;
  for (std::sregex_iterator at(text.begin(), text.end(), quoted), end; at != end; ++at) out.push_back((*at)[1].str());
  return out;
}

std::map<std::string, Described> table_of(const std::vector<std::string>& lines) {
  const auto buckets = buckets_of(lines);
  const std::regex row(R"(\| `(\w+)` \| (counter|gauge|histogram)(?:, (\w+))? \|([^|]*)\| .+ \|)");
  std::map<std::string, Described> out;
  for (const std::string& line : lines) {
    std::smatch found;
    if (!std::regex_match(line, found, row)) continue;
    Described one{.name = found[1], .type = found[2], .labels = quoted_in(found[4])};
    if (found[3].matched) one.buckets = buckets.at(found[3]);
    EXPECT_TRUE(out.emplace(one.name, one).second) << one.name << " stands twice";
  }
  return out;
}

TEST(MetricsTable, IsWhatTheProgramHas) {
  const auto table = table_of(lines_of_the_document());
  std::map<std::string, Described> there;
  for (const Described& one : Meters().registry.described()) EXPECT_TRUE(there.emplace(one.name, one).second) << one.name << " is twice";
  for (const auto& [name, one] : there) {
    const auto row = table.find(name);
    if (row == table.end()) {
      ADD_FAILURE() << "docs/metrics.md lacks " << name;
      continue;
    }
    EXPECT_EQ(row->second.type, one.type) << name;
    EXPECT_EQ(row->second.labels, one.labels) << name;
    EXPECT_EQ(row->second.buckets, one.buckets) << name;
  }
  for (const auto& [name, one] : table) EXPECT_TRUE(there.contains(name)) << "the program lacks " << name;
}

TEST(MetricsTable, NoLabelHoldsTheNameOfAnObject) {
  for (const Described& one : Meters().registry.described()) {
    for (const std::string& label : one.labels) {
      EXPECT_TRUE(label != "namespace" && label != "object" && label != "pod" && label != "key" && label != "uid") << one.name;
    }
  }
}

}  // namespace
}  // namespace millrace::telemetry
