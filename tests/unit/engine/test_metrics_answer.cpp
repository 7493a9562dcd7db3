#include <gtest/gtest.h>

#include "engine/metrics_answer.h"

namespace millrace::engine {
namespace {

plan::Answer of(int status, std::string body) { return metrics_answer(kube::Response{.status = status, .body = std::move(body)}); }
plan::Answer success(const std::string& type, const std::string& result, const std::string& more = "") {
  return of(200, R"({"status":"success","data":{"resultType":")" + type + R"(","result":)" + result + "}" + more + "}");
}
std::string sample(const std::string& value) { return R"({"metric":{"job":"x"},"value":[1767225600.781,")" + value + R"("]})"; }
std::string why(const plan::Answer& answer) {
  const auto* none = std::get_if<plan::Unreachable>(&answer);
  return none == nullptr ? "(an answer)" : none->why;
}

TEST(MetricsAnswer, OneSampleOrAScalarIsItsValue) {
  EXPECT_EQ(success("scalar", R"([1767225600,"0.25"])"), plan::Answer(plan::Number{0.25}));
  EXPECT_EQ(success("vector", "[" + sample("1.5e-3") + "]"), plan::Answer(plan::Number{0.0015}));
  EXPECT_EQ(success("vector", "[" + sample("-12") + "]"), plan::Answer(plan::Number{-12}));
  EXPECT_EQ(success("vector", "[" + sample("7") + "]", R"(,"warnings":["a store did not answer"])"), plan::Answer(plan::Number{7}));
}

TEST(MetricsAnswer, NothingMatchesIsNoData) { EXPECT_EQ(success("vector", "[]"), plan::Answer(plan::NoData{})); }

TEST(MetricsAnswer, NaNAndTheInfinitiesAreNotANumber) {
  for (const char* value : {"NaN", "+Inf", "-Inf"}) {
    EXPECT_EQ(success("vector", "[" + sample(value) + "]"), plan::Answer(plan::NotANumber{})) << value;
  }
  EXPECT_EQ(success("scalar", R"([1,"NaN"])"), plan::Answer(plan::NotANumber{}));
}

TEST(MetricsAnswer, SeveralSeriesAreNoAnswer) {
  EXPECT_EQ(why(success("vector", "[" + sample("1") + "," + sample("2") + "," + sample("3") + "]")),
            "the query gives 3 series, one is wanted");
  EXPECT_EQ(why(success("matrix", "[]")), "the query gives \"matrix\", a scalar or a vector is wanted");
  EXPECT_EQ(why(success("vector", R"([{"metric":{},"histogram":[1,{"count":"2"}]}])")), "the answer has no sample that is a number");
  EXPECT_EQ(why(success("vector", "[" + sample("many") + "]")), "\"many\" is no number");
}

TEST(MetricsAnswer, ErrorsAreCutToTwoHundredPrintableCharacters) {
  EXPECT_EQ(why(of(400, R"({"status":"error","errorType":"bad_data","error":"parse error: unexpected \u0007 end"})")),
            "HTTP 400: parse error: unexpected   end");
  const std::string page = why(of(500, "<html>\n<body>" + std::string(5000, 'x') + "</body></html>"));
  EXPECT_TRUE(page.starts_with("HTTP 500: <html> <body>xxx")) << page;
  EXPECT_LE(page.size(), 220u);
  EXPECT_EQ(why(of(302, "see other")), "HTTP 302: redirects are not followed");
  EXPECT_EQ(why(of(200, "<html>a login page</html>")), "the answer is no JSON: <html>a login page</html>");
  EXPECT_EQ(why(of(200, R"({"status":"error","error":"too many samples"})")), "the query failed: too many samples");
  EXPECT_EQ(why(metrics_answer(core::Error{core::ErrorCode::Unavailable, "no answer within 10s"})), "no answer within 10s");
  EXPECT_EQ(why(of(200, std::string(kLargestAnswer + 1, ' '))), "the answer is larger than 1 MiB");
}

TEST(MetricsAnswer, AQueryIsEvaluatedAtItsInstant) {
  const kube::Request request = metrics_request(R"(sum(rate(x{ns="a b"}[1m])))", core::Instant(std::chrono::seconds(1'767'225'600)));
  EXPECT_EQ(request.path, "/api/v1/query?query=sum%28rate%28x%7Bns%3D%22a%20b%22%7D%5B1m%5D%29%29&time=1767225600");
  EXPECT_EQ(request.deadline, core::Duration(10'000));
}

}  // namespace
}  // namespace millrace::engine
