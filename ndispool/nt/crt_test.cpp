#include "ndispool/nt/crt.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "ndis/crt.h"
#include "ndis/strsafe.h"
#include "ndispool/nt/exports.h"

namespace ndispool::nt {
namespace {

PCWSTR wide(const char16_t* text) {
    return reinterpret_cast<PCWSTR>(text);
}
std::u16string_view text(PCWSTR wide) {
    return {reinterpret_cast<const char16_t*>(wide), wide_length(wide)};
}

void* native(std::string_view name) {
    for (const Export& entry : exports())
        if (entry.name == name)
            return entry.native;
    return nullptr;
}

TEST(KernelPrint, fills_a_buffer_and_says_when_it_is_too_small) {
    char buffer[6] = "?????";
    EXPECT_EQ(_snprintf(buffer, 6, "%d-%s", 12, "ab"), 5);
    EXPECT_STREQ(buffer, "12-ab");
    std::fill(buffer, buffer + 6, '?');
    EXPECT_EQ(_snprintf(buffer, 4, "%d", 123456), -1);
    EXPECT_EQ(std::string_view(buffer, 6), "1234??") << "and no terminator";
    EXPECT_EQ(_snprintf(buffer, 3, "abc"), 3) << "it fits, its terminator does not";
    EXPECT_EQ(std::string_view(buffer, 6), "abc4??");
}

TEST(KernelPrint, takes_16_bit_strings_where_the_format_is_one) {
    WCHAR buffer[32];
    EXPECT_EQ(_snwprintf(buffer, 32, wide(u"%s %S %ws %c%d"), u"wide", "narrow", u"w", u'c', 7), 16);
    EXPECT_EQ(text(buffer), u"wide narrow w c7");
    EXPECT_EQ(_snwprintf(buffer, 3, wide(u"%s"), u"wide"), -1);
}

TEST(KernelPrint, has_the_other_calling_convention) {
    char buffer[16];
    EXPECT_EQ(snprintf_microsoft(buffer, 16, const_cast<PSTR>("%d %I64x"), 5, 0x123456789abcULL), 14);
    EXPECT_STREQ(buffer, "5 123456789abc");
    WCHAR other[16];
    EXPECT_EQ(snwprintf_microsoft(other, 16, wide(u"%s!"), u"wide"), 5);
    EXPECT_EQ(text(other), u"wide!");
}

TEST(WideStrings, are_16_bits_wide_for_whoever_imports_the_c_librarys_names) {
    using Length = SIZE_T (*)(PCWSTR);
    using Copy = PWSTR (*)(PWSTR, PCWSTR);
    ASSERT_NE(native("wcslen"), nullptr);
    EXPECT_EQ(reinterpret_cast<Length>(native("wcslen"))(wide(u"four")), 4u);
    WCHAR buffer[16];
    reinterpret_cast<Copy>(native("wcscpy"))(buffer, wide(u"abc"));
    reinterpret_cast<Copy>(native("wcscat"))(buffer, wide(u"def"));
    EXPECT_EQ(text(buffer), u"abcdef");
}

TEST(WideStrings, are_copied_compared_and_searched) {
    WCHAR buffer[8] = {9, 9, 9, 9, 9, 9, 9, 9};
    wide_copy_some(buffer, wide(u"ab"), 4);
    EXPECT_EQ(std::u16string_view(reinterpret_cast<char16_t*>(buffer), 5), std::u16string_view(u"ab\0\0\x09", 5));
    wide_append_some(buffer, wide(u"cdef"), 2);
    EXPECT_EQ(text(buffer), u"abcd");
    EXPECT_EQ(wide_compare(buffer, wide(u"abcd")), 0);
    EXPECT_LT(wide_compare(buffer, wide(u"abce")), 0);
    EXPECT_EQ(wide_compare_some(buffer, wide(u"abZZ"), 2), 0);
    EXPECT_EQ(wide_find(buffer, u'c'), buffer + 2);
    EXPECT_EQ(wide_find(buffer, u'x'), nullptr);
    EXPECT_EQ(wide_find(buffer, 0), buffer + 4);
    EXPECT_EQ(wide_find_last(wide(u"a.b.c"), u'.')[1], u'c');
    EXPECT_EQ(wide_find_last(buffer, u'x'), nullptr);
    EXPECT_EQ(wide_search(buffer, wide(u"cd")), buffer + 2);
    EXPECT_EQ(wide_search(buffer, wide(u"dc")), nullptr);
}

TEST(WideStrings, compare_without_case) {
    EXPECT_EQ(_wcsicmp(wide(u"NdisÄ"), wide(u"nDISä")), 0);
    EXPECT_NE(_wcsicmp(wide(u"a"), wide(u"ab")), 0);
    EXPECT_EQ(_wcsnicmp(wide(u"ABx"), wide(u"aby"), 2), 0);
    EXPECT_EQ(_stricmp("AbC", "aBc"), 0);
    EXPECT_LT(_stricmp("a", "B"), 0);
    EXPECT_EQ(_strnicmp("ABx", "aby", 2), 0);
    WCHAR buffer[8];
    wide_copy(buffer, wide(u"aB1"));
    EXPECT_EQ(text(_wcsupr(buffer)), u"AB1");
    EXPECT_EQ(text(_wcslwr(buffer)), u"ab1");
}

TEST(SafeStrings, are_always_terminated_and_say_when_they_were_cut) {
    char buffer[6];
    EXPECT_EQ(RtlStringCchCopyA(buffer, 6, "abc"), STATUS_SUCCESS);
    EXPECT_EQ(RtlStringCchCatA(buffer, 6, "de"), STATUS_SUCCESS);
    EXPECT_STREQ(buffer, "abcde");
    EXPECT_EQ(RtlStringCchCatA(buffer, 6, "f"), STATUS_BUFFER_OVERFLOW);
    EXPECT_STREQ(buffer, "abcde");
    EXPECT_EQ(RtlStringCchCopyA(buffer, 3, "xyz"), STATUS_BUFFER_OVERFLOW);
    EXPECT_STREQ(buffer, "xy");
    EXPECT_EQ(RtlStringCchCopyA(buffer, 0, "xyz"), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(RtlStringCchPrintfA(buffer, 6, "%d", 12345), STATUS_SUCCESS);
    EXPECT_STREQ(buffer, "12345");
    EXPECT_EQ(RtlStringCchPrintfA(buffer, 6, "%d", 123456), STATUS_BUFFER_OVERFLOW);
    EXPECT_STREQ(buffer, "12345");
    SIZE_T length = 0;
    EXPECT_EQ(RtlStringCchLengthA(buffer, 6, &length), STATUS_SUCCESS);
    EXPECT_EQ(length, 5u);
    EXPECT_EQ(RtlStringCchLengthA(buffer, 5, &length), STATUS_INVALID_PARAMETER);
}

TEST(SafeStrings, count_bytes_or_characters_and_tell_where_they_end) {
    WCHAR buffer[8];
    EXPECT_EQ(RtlStringCbPrintfW(buffer, sizeof buffer, wide(u"%s"), u"seven77"), STATUS_SUCCESS);
    EXPECT_EQ(text(buffer), u"seven77");
    EXPECT_EQ(RtlStringCbCopyW(buffer, 4, wide(u"ab")), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(text(buffer), u"a");
    char narrow[8];
    char* end = nullptr;
    SIZE_T left = 0;
    EXPECT_EQ(RtlStringCchPrintfExA(narrow, 8, &end, &left, 0, "%s", "abc"), STATUS_SUCCESS);
    EXPECT_EQ(end, narrow + 3);
    EXPECT_EQ(left, 5u);
}

} // namespace
} // namespace ndispool::nt
