#include "ndispool/tool/number.h"

#include "ndispool/tool/testing.h"

#include <gtest/gtest.h>
#include <limits>

namespace ndispool::tool {
namespace {

using testing::refusal;

TEST(WholeNumber, is_read_to_both_of_its_limits) {
    EXPECT_EQ(whole_number("--processors", "1", 1, 32), 1u);
    EXPECT_EQ(whole_number("--processors", "32", 1, 32), 32u);
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    EXPECT_EQ(whole_number("--seed", "18446744073709551615", 0, most), most);
}

TEST(WholeNumber, anything_else_is_refused_by_name) {
    for (const char* text : {"", " 1", "1 ", "+1", "-1", "0x1", "1.0", "1e3", "12x", "0", "33", "99999999999999999999"})
        EXPECT_EQ(refusal([&] { whole_number("--processors", text, 1, 32); }),
                  "--processors: '" + std::string(text) + "' is not a whole number from 1 to 32");
}

TEST(Seconds, may_have_a_fraction) {
    EXPECT_EQ(seconds("--duration", "3"), 3.0);
    EXPECT_EQ(seconds("--duration", "0.25"), 0.25);
    EXPECT_EQ(seconds("--duration", "1e9"), 1e9);
}

TEST(Seconds, are_more_than_zero_and_finite) {
    for (const char* text : {"", "0", "-1", "nan", "inf", "1e10", "3s", " 3"})
        EXPECT_TRUE(refusal([&] { seconds("--duration", text); }).starts_with("--duration: '" + std::string(text)));
}

} // namespace
} // namespace ndispool::tool
