#include "core/percent.h"

#include <gtest/gtest.h>

namespace millrace::core {

TEST(PercentEncoding, KeepsUnreservedCharactersAlone) {
  EXPECT_EQ(percent_encoded("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encoded("a b/c=ü"), "a%20b%2Fc%3D%C3%BC");
  EXPECT_EQ(percent_encoded("..", ""), "%2E%2E");
}

}  // namespace millrace::core
