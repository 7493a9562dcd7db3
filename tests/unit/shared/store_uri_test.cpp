#include "shared/store_uri.h"

#include <gtest/gtest.h>

namespace millrace::shared {
namespace {

TEST(StoreUri, ReadsClaimsAndUrls) {
  const auto claim = parse_store_uri("pvc://data/a/b.csv");
  ASSERT_TRUE(claim);
  EXPECT_EQ(std::get<PvcUri>(*claim), (PvcUri{"data", "a/b.csv"}));
  ASSERT_TRUE(parse_store_uri("https://example.org/a?x=1"));
}

TEST(StoreUri, RefusesWhatIsNotPlain) {
  for (const char* uri :
       {"", "data", "s3://b/k", "pvc://", "pvc://data", "pvc://data/", "pvc://Data/x", "pvc://data/../x", "pvc://data/a//b",
        "pvc://data/./x", "pvc://data/x/..", "pvc://-a/x", "https://", "https://user:pass@example.org/x", "https://example.org/x#y",
        "https://example.org/a b", "http://example.org/x"}) {
    const auto found = parse_store_uri(uri);
    ASSERT_FALSE(found) << uri;
    EXPECT_NE(found.error().message.find("allowed: pvc://"), std::string::npos);
  }
}

TEST(StoreUri, PathsAreJoinedPlainly) {
  EXPECT_EQ(below("/millrace/store", ""), "/millrace/store");
  EXPECT_EQ(below("/millrace/store", "a/b"), "/millrace/store/a/b");
  EXPECT_TRUE(is_relative_path(""));
  EXPECT_FALSE(is_relative_path("/a"));
}

}  // namespace
}  // namespace millrace::shared
