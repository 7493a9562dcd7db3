#include "telemetry/log.h"

#include <gtest/gtest.h>

namespace millrace::telemetry {
namespace {

TEST(LogLine, ShowsFieldsInOrder) {
  const Fields fields{{"key", "shop/churn"}, {"ms", std::int64_t{12}}, {"ok", true}, {"share", 0.5}, {"note", "two words"}, {"none", ""}};
  EXPECT_EQ(format_line(Format::Logfmt, "T", Level::Info, "pass", fields),
            R"(time=T level=info msg=pass key=shop/churn ms=12 ok=true share=0.5 note="two words" none="")");
  EXPECT_EQ(format_line(Format::Json, "T", Level::Warn, "pass", fields),
            R"({"time":"T","level":"warn","msg":"pass","key":"shop/churn","ms":12,"ok":true,"share":0.5,"note":"two words","none":""})");
}

TEST(LogLine, StaysOneLineWhateverUsersWrite) {
  const std::string evil = "a\nlevel=error msg=\"x\"\r\t\x1b[31m\x7f {} \\ \xff" + std::string(1000, 'y');
  for (const Format format : {Format::Logfmt, Format::Json}) {
    const std::string line = format_line(format, "T", Level::Info, "m", {{"note", evil}});
    for (const char c : line) EXPECT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7f) << line;
    EXPECT_LT(line.size(), 400U) << line;
  }
}

TEST(LogLine, EscapesForJson) {
  EXPECT_EQ(format_line(Format::Json, "T", Level::Info, "a\"b\\c\n", {}),
            "{\"time\":\"T\",\"level\":\"info\",\"msg\":\"a\\\"b\\\\c\\u000a\"}");
}

TEST(Log, HoldsBackLowerLevels) {
  std::vector<std::string> lines;
  Log log(Format::Logfmt, Level::Warn, [&](std::string_view line) { lines.emplace_back(line); });
  log.info("quiet");
  log.warn("loud");
  log.error("louder");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find("level=warn msg=loud"), std::string::npos);
  EXPECT_NE(lines[1].find("level=error msg=louder"), std::string::npos);
}

TEST(Log, WritesToStderr) {
  testing::internal::CaptureStderr();
  Log log(Format::Logfmt, Level::Info);
  log.info("hello {} %s", {{"a", "b"}});
  log.flush();
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("level=info msg=\"hello {} %s\" a=b\n"), std::string::npos) << text;
  EXPECT_EQ(text.rfind("time=20", 0), 0U) << text;
}

TEST(Options, AreParsed) {
  EXPECT_EQ(parse_level("debug"), Level::Debug);
  EXPECT_EQ(parse_level("loud"), std::nullopt);
  EXPECT_EQ(parse_format("json"), Format::Json);
  EXPECT_EQ(parse_format(""), std::nullopt);
}

}  // namespace
}  // namespace millrace::telemetry
