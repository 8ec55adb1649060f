#include "ndispool/nt/debug_print.h"

#include <cstdint>
#include <gtest/gtest.h>

#include "ndis/debug.h"
#include "ndis/text.h"
#include "ndispool/nt/exports.h"

namespace ndispool::nt {
namespace {

std::string printed;

class Sink {
  public:
    Sink() : outer_(set_debug_sink([](std::string_view message) { printed += message; })) { printed.clear(); }
    ~Sink() { set_debug_sink(outer_); }

  private:
    DebugSink outer_;
};

template <class... A> std::string print(const char* pattern, A... arguments) {
    const Sink sink;
    DbgPrint(pattern, arguments...);
    return printed;
}

TEST(DbgPrint, prints_integers_as_c_does) {
    EXPECT_EQ(print("%d %i %u", -5, 7, 4000000000u), "-5 7 4000000000");
    EXPECT_EQ(print("%x %X %#x %o", 0xBEEFu, 0xBEEFu, 0xBEEFu, 8u), "beef BEEF 0xbeef 10");
    EXPECT_EQ(print("[%5d|%-5d|%05d|%+d|% d]", 42, 42, -42, 42, 42), "[   42|42   |-0042|+42| 42]");
    EXPECT_EQ(print("%8.3d|%08.3d|%.0d|%#08x", 7, 7, 0, 0x1Fu), "     007|     007||0x00001f");
    EXPECT_EQ(print("%hd %hu %hhx", 0x12345, 0x1FFFFu, 0x7u), "9029 65535 7");
    EXPECT_EQ(print("%*d|%-*d|%.*d", 4, 1, 3, 2, 2, 3), "   1|2  |03");
    EXPECT_EQ(print("%*d|", -3, 1), "1  |");
}

TEST(DbgPrint, takes_l_for_32_bits_and_I64_or_ll_for_64) {
    EXPECT_EQ(print("%lx %ld %d", ULONG{0xFFFFFFFF}, LONG{-1}, 9), "ffffffff -1 9");
    EXPECT_EQ(
        print("%I64x %I64d %llu %d", ULONGLONG{0x123456789ABCDEF0}, LONGLONG{INT64_MIN}, ULONGLONG{UINT64_MAX}, 9),
        "123456789abcdef0 -9223372036854775808 18446744073709551615 9");
    EXPECT_EQ(print("%I32u %Iu", 5u, std::size_t{1} << 40), "5 1099511627776");
}

TEST(DbgPrint, prints_pointers_with_all_their_digits) {
    EXPECT_EQ(print("%p %p", reinterpret_cast<void*>(0xABC0), nullptr), "000000000000ABC0 0000000000000000");
}

TEST(DbgPrint, prints_strings_of_both_widths) {
    const char16_t* const wide = u"wéde";
    EXPECT_EQ(print("%s|%6s|%-6s|%.2s", "abc", "abc", "abc", "abc"), "abc|   abc|abc   |ab");
    EXPECT_EQ(print("%ws|%ls|%S|%.1ws", wide, wide, wide, wide), "w\xC3\xA9"
                                                                 "de|w\xC3\xA9"
                                                                 "de|w\xC3\xA9"
                                                                 "de|w");
    EXPECT_EQ(print("%hs|%hS", "narrow", "narrow"), "narrow|narrow");
    EXPECT_EQ(print("%s|%ws", nullptr, nullptr), "(null)|(null)");
    EXPECT_EQ(print("%c%3c%wc%C", 'x', 'y', u'é', u'z'), "x  y\xC3\xA9z");
}

TEST(DbgPrint, prints_counted_strings) {
    UNICODE_STRING unicode = NDIS_STRING_CONST("counted");
    ANSI_STRING ansi;
    RtlInitAnsiString(&ansi, "bytes");
    EXPECT_EQ(print("%wZ|%Z|%10wZ", &unicode, &ansi, &unicode), "counted|bytes|   counted");
    unicode.Length = 4;
    ansi.Length = 1;
    EXPECT_EQ(print("%wZ|%Z", &unicode, &ansi), "co|b");
    ansi.Buffer = nullptr;
    EXPECT_EQ(print("%Z|%wZ", &ansi, nullptr), "|(null)");
}

TEST(DbgPrint, copies_what_it_does_not_understand) {
    EXPECT_EQ(print("100%% %f %"), "100% %f %");
    EXPECT_EQ(print("%y", 1), "%y");
    EXPECT_EQ(print("%5"), "%5");
    EXPECT_EQ(print("%9999999999d", 1).size(), 512u) << "no width asks for more than a message can be";
}

TEST(DbgPrint, gives_the_sink_one_whole_message_with_each_call) {
    static int calls;
    calls = 0;
    const DebugSink outer = set_debug_sink([](std::string_view) { ++calls; });
    DbgPrint("one %s\n", "line");
    DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_ERROR_LEVEL, "another\n");
    set_debug_sink(outer);
    EXPECT_EQ(calls, 2);
}

TEST(DbgPrint, prints_the_same_for_a_microsoft_driver) {
    const Sink sink;
    const auto print = reinterpret_cast<ULONG(__attribute__((ms_abi))*)(const char*, ...)>(&DbgPrint_microsoft);
    UNICODE_STRING unicode = NDIS_STRING_CONST("x");
    print("%d %s %I64x %lu %wZ %d %d", -1, "two", ULONGLONG{0x300000000}, ULONG{4}, &unicode, 6, 7);
    EXPECT_EQ(printed, "-1 two 300000000 4 x 6 7");
}

TEST(RtlAssert, says_what_failed_and_where_and_goes_on) {
    const Sink sink;
    char condition[] = "a == b", file[] = "driver.c", message[] = "why";
    RtlAssert(condition, file, 12, message);
    RtlAssert(condition, file, 13, nullptr);
    EXPECT_EQ(printed, "ASSERT failed: why: a == b at driver.c:12\nASSERT failed: a == b at driver.c:13\n");
}

} // namespace
} // namespace ndispool::nt
