#include "ndispool/nt/text.h"

#include <gtest/gtest.h>

namespace ndispool::nt {
namespace {

TEST(Text, goes_from_utf8_to_utf16_and_back) {
    const std::string text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z"; // one, two, three and four bytes
    const std::u16string wide = u"aé€😀z";
    EXPECT_EQ(to_utf16(text), wide);
    EXPECT_EQ(to_utf8(wide), text);
}

TEST(Text, that_is_malformed_becomes_replacement_characters) {
    EXPECT_EQ(to_utf8(std::u16string_view(u"a\xD800z")), "a\xEF\xBF\xBDz") << "half a surrogate pair";
    EXPECT_EQ(to_utf8(std::u16string_view(u"\xDC00")), "\xEF\xBF\xBD");
    EXPECT_EQ(to_utf8(std::u16string_view(u"\xD800")), "\xEF\xBF\xBD") << "cut off";
    EXPECT_EQ(to_utf16("\xC3"), u"\xFFFD") << "cut off";
    EXPECT_EQ(to_utf16("\x80z"), u"\xFFFDz") << "a follower without a leader";
    EXPECT_EQ(to_utf16("\xC0\x80"), u"\xFFFD\xFFFD") << "overlong";
    EXPECT_EQ(to_utf16("\xE0\x80\x80"), u"\xFFFD\xFFFD\xFFFD") << "overlong";
    EXPECT_EQ(to_utf16("\xED\xA0\x80"), u"\xFFFD\xFFFD\xFFFD") << "a surrogate";
    EXPECT_EQ(to_utf16("\xF5\x80\x80\x80"), u"\xFFFD\xFFFD\xFFFD\xFFFD") << "beyond Unicode";
}

TEST(Text, of_a_counted_string_is_its_length_and_not_its_terminator) {
    char16_t buffer[] = u"abc";
    EXPECT_EQ(view(UNICODE_STRING{4, 8, reinterpret_cast<PWSTR>(buffer)}), u"ab");
    EXPECT_EQ(view(UNICODE_STRING{4, 8, nullptr}), u"");
    const std::u16string text = u"xyz";
    EXPECT_EQ(counted(text).Length, 6);
    EXPECT_EQ(to_utf8(counted(text)), "xyz");
    EXPECT_EQ(counted(std::u16string(40000, u'x')).Length, 0xFFFE);
}

TEST(Text, is_put_into_capitals_one_character_for_one) {
    const std::u16string lower = u"azéö÷ÿāžαώςяёաß", upper = u"AZÉÖ÷ŸĀŽΑΏςЯЁԱß";
    ASSERT_EQ(lower.size(), upper.size());
    for (std::size_t i = 0; i < lower.size(); ++i) {
        EXPECT_EQ(upcase(lower[i]), upper[i]) << i;
        EXPECT_EQ(upcase(upper[i]), upper[i]) << i;
    }
    EXPECT_EQ(upcase(u'['), u'[');
    EXPECT_EQ(upcase(0x0100), 0x0100) << "between the lower-case letters of Latin Extended";
}

TEST(Text, compares_by_code_unit_and_then_by_length) {
    EXPECT_EQ(compare(u"abc", u"abc", false), 0);
    EXPECT_LT(compare(u"ab", u"abc", false), 0);
    EXPECT_GT(compare(u"b", u"abc", false), 0);
    EXPECT_NE(compare(u"ABC", u"abc", false), 0);
    EXPECT_EQ(compare(u"ÄBC", u"äbc", true), 0);
}

} // namespace
} // namespace ndispool::nt
