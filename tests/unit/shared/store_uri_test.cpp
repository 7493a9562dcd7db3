#include "shared/store_uri.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>

namespace millrace::shared {
namespace {

TEST(StoreUri, ReadsClaimsAndUrls) {
  const auto claim = parse_store_uri("pvc://data/a/b.csv");
  ASSERT_TRUE(claim);
  EXPECT_EQ(std::get<PvcUri>(*claim), (PvcUri{"data", "a/b.csv"}));
}

TEST(StoreUri, ReadsWhatTheNetworkHolds) {
  for (const auto& [scheme, uri] : std::initializer_list<std::pair<std::string, std::string>>{
           {"https", "https://example.org/a?x=1"},
           {"s3", "s3://bucket/a/b.csv"},
           {"s3", "s3://bucket/folder/"},
           {"gs", "gs://bucket/a"},
           {"hf", "hf://owner/repository@main/a.csv"},
           {"hf", "hf://datasets/owner/repository"},
           {"mlflow-artifacts", "mlflow-artifacts:/1/abc/artifacts/model"},
           {"mlflow-artifacts", "mlflow-artifacts://mlflow.example.org:5000/1/abc"}}) {
    const auto found = parse_store_uri(uri);
    ASSERT_TRUE(found) << uri;
    EXPECT_EQ(std::get<RemoteUri>(*found), (RemoteUri{scheme, uri}));
  }
}

TEST(StoreUri, RefusesWhatIsNotPlain) {
  for (const char* uri : {"",
                          "data",
                          "s3://b",
                          "s3:///k",
                          "s3://B/k",
                          "s3://b/a//c",
                          "gs://b/../c",
                          "hf://owner",
                          "hf://owner/",
                          "mlflow-artifacts:",
                          "mlflow-artifacts:/",
                          "mlflow-artifacts://user:pass@h/x",
                          "file:///a",
                          "pvc://",
                          "pvc://data",
                          "pvc://data/",
                          "pvc://Data/x",
                          "pvc://data/../x",
                          "pvc://data/a//b",
                          "pvc://data/./x",
                          "pvc://data/x/..",
                          "pvc://-a/x",
                          "https://",
                          "https://user:pass@example.org/x",
                          "https://example.org/x#y",
                          "https://example.org/a b",
                          "http://example.org/x"}) {
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
