#include <gtest/gtest.h>
#include <string>

#include "ndis/status.h"
#include "ndis/text.h"
#include "ndispool/nt/memory.h"
#include "ndispool/nt/text.h"

namespace ndispool::nt {
namespace {

PWSTR wide(const char16_t* text) {
    return reinterpret_cast<PWSTR>(const_cast<char16_t*>(text));
}

UNICODE_STRING unicode(const char16_t* text) {
    UNICODE_STRING string;
    RtlInitUnicodeString(&string, wide(text));
    return string;
}

ANSI_STRING ansi(const char* text) {
    ANSI_STRING string;
    RtlInitAnsiString(&string, text);
    return string;
}

// A destination of so many bytes, full of 'x'.
struct Room {
    explicit Room(USHORT bytes) : buffer(40, u'x'), string{0, bytes, wide(buffer.data())} {}
    std::u16string buffer;
    UNICODE_STRING string;
};

TEST(RtlInitUnicodeString, counts_the_terminator_in_the_maximum_only) {
    const UNICODE_STRING string = unicode(u"abc");
    EXPECT_EQ(string.Length, 6);
    EXPECT_EQ(string.MaximumLength, 8);
}

TEST(RtlInitUnicodeString, of_null_is_all_zero) {
    UNICODE_STRING string{1, 2, wide(u"x")};
    RtlInitUnicodeString(&string, nullptr);
    EXPECT_EQ(string.Length, 0);
    EXPECT_EQ(string.MaximumLength, 0);
    EXPECT_EQ(string.Buffer, nullptr);
}

TEST(RtlInitUnicodeString, cuts_a_source_that_is_too_long) {
    const std::u16string text(40000, u'a');
    EXPECT_EQ(unicode(text.c_str()).Length, 0xFFFC);
    EXPECT_EQ(unicode(text.c_str()).MaximumLength, 0xFFFE);
}

TEST(RtlAnsiStringToUnicodeString, writes_into_the_callers_buffer_with_a_terminator) {
    Room room(8);
    const ANSI_STRING source = ansi("a\xE9z");
    ASSERT_EQ(RtlAnsiStringToUnicodeString(&room.string, &source, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(view(room.string), u"aéz");
    EXPECT_EQ(room.buffer[3], 0);
    EXPECT_EQ(room.buffer[4], u'x');
}

TEST(RtlAnsiStringToUnicodeString, refuses_a_buffer_without_room_for_the_terminator) {
    Room room(6);
    const ANSI_STRING source = ansi("abc");
    EXPECT_EQ(RtlAnsiStringToUnicodeString(&room.string, &source, FALSE), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(room.buffer[0], u'x');
}

TEST(RtlAnsiStringToUnicodeString, allocates_what_RtlFreeUnicodeString_frees) {
    const std::size_t before = memory_in_use().size();
    UNICODE_STRING string;
    const ANSI_STRING source = ansi("abc");
    ASSERT_EQ(RtlAnsiStringToUnicodeString(&string, &source, TRUE), STATUS_SUCCESS);
    EXPECT_EQ(string.MaximumLength, 8);
    EXPECT_EQ(memory_in_use().size(), before + 1);
    RtlFreeUnicodeString(&string);
    EXPECT_EQ(string.Buffer, nullptr);
    EXPECT_EQ(memory_in_use().size(), before);
}

TEST(RtlAnsiStringToUnicodeString, refuses_a_source_that_no_unicode_string_can_hold) {
    std::string text(40000, 'a');
    const STRING source{40000, 40000, text.data()};
    UNICODE_STRING string{};
    EXPECT_EQ(RtlAnsiStringToUnicodeString(&string, &source, TRUE), STATUS_INVALID_PARAMETER_2);
}

TEST(RtlUnicodeStringToAnsiString, writes_a_question_mark_for_what_ansi_has_not) {
    ANSI_STRING string;
    const UNICODE_STRING source = unicode(u"aé€");
    ASSERT_EQ(RtlUnicodeStringToAnsiString(&string, &source, TRUE), STATUS_SUCCESS);
    EXPECT_STREQ(string.Buffer, "a\xE9?");
    EXPECT_EQ(string.Length, 3);
    RtlFreeAnsiString(&string);
    EXPECT_EQ(string.Buffer, nullptr);
}

TEST(RtlUnicodeStringToAnsiString, refuses_a_buffer_without_room_for_the_terminator) {
    char buffer[] = "xxxx";
    ANSI_STRING string{0, 3, buffer};
    const UNICODE_STRING source = unicode(u"abc");
    EXPECT_EQ(RtlUnicodeStringToAnsiString(&string, &source, FALSE), STATUS_BUFFER_OVERFLOW);
    EXPECT_STREQ(buffer, "xxxx");
}

TEST(RtlAppendUnicodeStringToString, adds_a_terminator_when_there_is_room_for_it) {
    Room room(12);
    const UNICODE_STRING source = unicode(u"abc");
    ASSERT_EQ(RtlAppendUnicodeStringToString(&room.string, &source), STATUS_SUCCESS);
    EXPECT_EQ(room.buffer[3], 0);
    ASSERT_EQ(RtlAppendUnicodeStringToString(&room.string, &source), STATUS_SUCCESS);
    EXPECT_EQ(view(room.string), u"abcabc");
    EXPECT_EQ(room.buffer[6], u'x') << "no room for a terminator: it is not written";
}

TEST(RtlAppendUnicodeToString, changes_nothing_when_it_does_not_fit) {
    Room room(4);
    ASSERT_EQ(RtlAppendUnicodeToString(&room.string, wide(u"a")), STATUS_SUCCESS);
    EXPECT_EQ(RtlAppendUnicodeToString(&room.string, wide(u"bc")), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(view(room.string), u"a");
    EXPECT_EQ(RtlAppendUnicodeToString(&room.string, nullptr), STATUS_SUCCESS);
}

TEST(RtlCopyUnicodeString, copies_what_fits) {
    Room room(4);
    const UNICODE_STRING source = unicode(u"abc");
    RtlCopyUnicodeString(&room.string, &source);
    EXPECT_EQ(view(room.string), u"ab");
    RtlCopyUnicodeString(&room.string, nullptr);
    EXPECT_EQ(room.string.Length, 0);
}

TEST(RtlCompareUnicodeString, regards_case_unless_told_not_to) {
    const UNICODE_STRING upper = unicode(u"AB"), lower = unicode(u"ab"), longer = unicode(u"abc");
    EXPECT_FALSE(RtlEqualUnicodeString(&upper, &lower, FALSE));
    EXPECT_TRUE(RtlEqualUnicodeString(&upper, &lower, TRUE));
    EXPECT_FALSE(RtlEqualUnicodeString(&lower, &longer, TRUE));
    EXPECT_LT(RtlCompareUnicodeString(&upper, &lower, FALSE), 0);
    EXPECT_GT(RtlCompareUnicodeString(&longer, &upper, TRUE), 0);
}

TEST(RtlCompareString, regards_case_unless_told_not_to) {
    const ANSI_STRING upper = ansi("A\xC9"), lower = ansi("a\xE9"), other = ansi("b");
    EXPECT_FALSE(RtlEqualString(&upper, &lower, FALSE));
    EXPECT_TRUE(RtlEqualString(&upper, &lower, TRUE));
    EXPECT_LT(RtlCompareString(&lower, &other, FALSE), 0);
}

TEST(RtlUpcaseUnicodeString, works_in_place_and_needs_no_terminator) {
    Room room(6);
    room.buffer = u"aBé";
    room.string = {6, 6, wide(room.buffer.data())};
    ASSERT_EQ(RtlUpcaseUnicodeString(&room.string, &room.string, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(view(room.string), u"ABÉ");
    Room small(4);
    EXPECT_EQ(RtlUpcaseUnicodeString(&small.string, &room.string, FALSE), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(small.buffer[0], u'x');
    EXPECT_EQ(static_cast<char16_t>(RtlUpcaseUnicodeChar(static_cast<WCHAR>(u'q'))), u'Q');
}

TEST(NdisStringConst, initialises_a_counted_string_in_place) {
    const UNICODE_STRING name = NDIS_STRING_CONST("\\Device\\Null");
    EXPECT_EQ(view(name), u"\\Device\\Null");
    EXPECT_EQ(name.MaximumLength, name.Length + 2);
}

} // namespace
} // namespace ndispool::nt
