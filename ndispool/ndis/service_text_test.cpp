#include <gtest/gtest.h>
#include <string>

#include "ndis/status.h"
#include "ndis/text.h"
#include "ndispool/nt/debug_print.h"
#include "ndispool/nt/memory.h"
#include "ndispool/nt/text.h"

namespace ndispool::ndis {
namespace {

NDIS_STRING hello = NDIS_STRING_CONST("Hello"); // at file scope, as drivers do

TEST(NdisInitializeString, allocates_what_NdisFreeString_frees) {
    const std::size_t before = nt::memory_in_use().size();
    UCHAR source[] = "caf\xE9";
    NDIS_STRING string;
    NdisInitializeString(&string, source);
    EXPECT_EQ(nt::view(string), u"café");
    EXPECT_EQ(string.MaximumLength, 10);
    EXPECT_EQ(nt::memory_in_use().size(), before + 1);
    NdisFreeString(string);
    EXPECT_EQ(nt::memory_in_use().size(), before);
}

TEST(NdisInitUnicodeString, describes_the_characters_and_null) {
    NDIS_STRING string;
    NdisInitUnicodeString(&string, hello.Buffer);
    EXPECT_EQ(string.Length, 10);
    EXPECT_EQ(string.MaximumLength, 12);
    NdisInitUnicodeString(&string, nullptr);
    EXPECT_EQ(string.MaximumLength, 0);
    ANSI_STRING ansi;
    NdisInitAnsiString(&ansi, "abc");
    EXPECT_EQ(ansi.Length, 3);
    EXPECT_EQ(ansi.MaximumLength, 4);
}

TEST(NdisEqualString, compares_unicode_strings) {
    NDIS_STRING other = NDIS_STRING_CONST("hELLO"), longer = NDIS_STRING_CONST("Hello!");
    EXPECT_TRUE(NdisEqualString(&hello, &hello, FALSE));
    EXPECT_FALSE(NdisEqualString(&hello, &other, FALSE));
    EXPECT_TRUE(NdisEqualString(&hello, &other, TRUE));
    EXPECT_FALSE(NdisEqualString(&hello, &longer, TRUE));
    EXPECT_TRUE(NdisEqualUnicodeString(&hello, &other, TRUE));
    EXPECT_LT(NdisCompareUnicodeString(&hello, &longer, TRUE), 0);
    ANSI_STRING a, b;
    NdisInitAnsiString(&a, "x");
    NdisInitAnsiString(&b, "X");
    EXPECT_EQ(NdisCompareAnsiString(&a, &b, TRUE), 0);
    EXPECT_GT(NdisCompareAnsiString(&a, &b, FALSE), 0);
    EXPECT_TRUE(NdisEqualAnsiString(&a, &b, TRUE));
}

TEST(NdisUpcaseUnicodeString, needs_a_buffer_that_is_large_enough) {
    std::u16string buffer(8, u'x');
    NDIS_STRING room{0, 8, reinterpret_cast<PWSTR>(buffer.data())};
    EXPECT_EQ(NdisUpcaseUnicodeString(&room, &hello), NDIS_STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(buffer[0], u'x');
    room.MaximumLength = 16;
    EXPECT_EQ(NdisUpcaseUnicodeString(&room, &hello), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(nt::view(room), u"HELLO");
}

TEST(NdisStringConversion, goes_both_ways_without_allocating) {
    const std::size_t before = nt::memory_in_use().size();
    char bytes[8];
    ANSI_STRING ansi{0, sizeof bytes, bytes};
    ASSERT_EQ(NdisUnicodeStringToAnsiString(&ansi, &hello), NDIS_STATUS_SUCCESS);
    EXPECT_STREQ(bytes, "Hello");
    std::u16string buffer(8, u'x');
    NDIS_STRING unicode{0, 16, reinterpret_cast<PWSTR>(buffer.data())};
    ASSERT_EQ(NdisAnsiStringToUnicodeString(&unicode, &ansi), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(nt::view(unicode), u"Hello");
    unicode.MaximumLength = 10;
    EXPECT_EQ(NdisAnsiStringToUnicodeString(&unicode, &ansi), NDIS_STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(nt::memory_in_use().size(), before);
}

TEST(NdisPrintString, prints_the_characters) {
    static std::string printed;
    const nt::DebugSink outer = nt::set_debug_sink([](std::string_view message) { printed = message; });
    NdisPrintString(hello);
    nt::set_debug_sink(outer);
    EXPECT_EQ(printed, "Hello");
}

} // namespace
} // namespace ndispool::ndis
