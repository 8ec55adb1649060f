#include "ndispool/observe/utf8.h"

#include <gtest/gtest.h>

namespace ndispool::observe {
namespace {

using namespace std::string_view_literals;

TEST(Utf8, characters_of_every_length_are_measured) {
    EXPECT_EQ(utf8_length("a"), 1u);
    EXPECT_EQ(utf8_length("\u00e4x"), 2u);
    EXPECT_EQ(utf8_length("\u20acx"), 3u);
    EXPECT_EQ(utf8_length("\U0001f4e6x"), 4u);
    EXPECT_EQ(utf8_length("\0"sv), 1u);
}

TEST(Utf8, what_rfc_3629_forbids_is_no_character) {
    for (const auto bad : {""sv, "\x80"sv, "\xc3"sv, "\xc0\xaf"sv, "\xe0\x80\xaf"sv, "\xed\xa0\x80"sv,
                           "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xe2\x82"sv, "\xe2\x28\xa1"sv, "\xff"sv})
        EXPECT_EQ(utf8_length(bad), 0u) << ::testing::PrintToString(std::string(bad));
}

TEST(Utf8, a_text_is_utf8_when_all_of_it_is) {
    EXPECT_TRUE(is_utf8(""));
    EXPECT_TRUE(is_utf8("a\u00e4\u20ac"));
    EXPECT_FALSE(is_utf8("a\u00e4\xff"));
    EXPECT_FALSE(is_utf8("\u20ac\xe2\x82"));
}

TEST(Utf8, printable_text_is_one_line_that_no_terminal_obeys) {
    EXPECT_EQ(printable("caf\u00e9\n\x1b[31m\x7f"), "caf\u00e9??[31m?");
    EXPECT_EQ(printable("\xc2\x9b"
                        "31m\xff"
                        "end"),
              "?31m?end");
    EXPECT_EQ(printable("\xc2\xa0"), "\xc2\xa0");
}

TEST(Utf8, columns_count_characters) {
    EXPECT_EQ(columns("\u20ac\u00e9x"), 3u);
}

} // namespace
} // namespace ndispool::observe
