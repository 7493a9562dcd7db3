#include "core/quantity.h"

#include <gtest/gtest.h>

namespace millrace::core {

TEST(Quantity, IsReadExactlyInThousandths) {
  EXPECT_EQ(quantity_millis("500m"), 500);
  EXPECT_EQ(quantity_millis("0.5"), 500);
  EXPECT_EQ(quantity_millis(".5"), 500);
  EXPECT_EQ(quantity_millis("5."), 5000);
  EXPECT_EQ(quantity_millis("2"), 2000);
  EXPECT_EQ(quantity_millis("1k"), 1'000'000);
  EXPECT_EQ(quantity_millis("1Ki"), 1'024'000);
  EXPECT_EQ(quantity_millis("1e3"), 1'000'000);
  EXPECT_EQ(quantity_millis("1E+3"), 1'000'000);
  EXPECT_EQ(quantity_millis("-1.5"), -1500);
  EXPECT_EQ(quantity_millis("0"), 0);
}

TEST(Quantity, OfManyDigitsIsExact) {
  EXPECT_EQ(quantity_value("1Gi"), std::int64_t{1} << 30);
  EXPECT_EQ(quantity_value("0.5Gi"), std::int64_t{1} << 29);
  EXPECT_EQ(quantity_value("7Ei"), std::int64_t{7} << 60);
  EXPECT_EQ(quantity_value("9223372036854775807"), 9223372036854775807);
}

TEST(Quantity, RoundsAwayFromZeroAsKubernetesDoes) {
  EXPECT_EQ(quantity_value("500m"), 1);
  EXPECT_EQ(quantity_value("1001m"), 2);
  EXPECT_EQ(quantity_value("-500m"), -1);
  EXPECT_EQ(quantity_millis("1n"), 1);
  EXPECT_EQ(quantity_millis("1000u"), 1);
}

TEST(Quantity, RefusesWhatIsNoneOrDoesNotFit) {
  for (const char* text : {"", "m", "Gi", "1 Gi", "1gi", "1KI", "1e", "1e3.5", "--1", "1.2.3", "ten", "1Gi ", "1e+-3", "0x10"}) {
    EXPECT_FALSE(quantity_value(text)) << text;
  }
  EXPECT_FALSE(quantity_value("8Ei"));
  EXPECT_FALSE(quantity_millis("9223372036854775807"));
  EXPECT_FALSE(quantity_value("1e60"));
  EXPECT_FALSE(quantity_value(std::string(80, '9')));
}

}  // namespace millrace::core
