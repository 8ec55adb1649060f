#include "ndispool/load/symbols.h"

#include <gtest/gtest.h>

namespace ndispool::load {
namespace {

std::string name_at(const Symbols& symbols, std::uint64_t value) {
    const Symbol* const symbol = symbols.at(value);
    return symbol ? symbol->name : "";
}

TEST(Symbols, a_symbol_covers_its_bytes_and_no_more) {
    const Symbols symbols({{0x20, 0x10, "second"}, {0x10, 8, "first"}});
    EXPECT_EQ(name_at(symbols, 0x0f), "");
    EXPECT_EQ(name_at(symbols, 0x10), "first");
    EXPECT_EQ(name_at(symbols, 0x17), "first");
    EXPECT_EQ(name_at(symbols, 0x18), "");
    EXPECT_EQ(name_at(symbols, 0x2f), "second");
    EXPECT_EQ(name_at(symbols, 0x30), "");
}

TEST(Symbols, one_of_unknown_size_reaches_to_the_next) {
    const Symbols symbols({{0x10, 0, "assembler"}, {0x40, 4, "next"}});
    EXPECT_EQ(name_at(symbols, 0x3f), "assembler");
    EXPECT_EQ(name_at(symbols, 0x40), "next");
    EXPECT_EQ(name_at(symbols, 0x44), "");
}

TEST(Symbols, of_two_at_one_place_the_longer_is_named) {
    const Symbols symbols({{0x10, 0x20, "whole"}, {0x10, 0, "label"}});
    EXPECT_EQ(name_at(symbols, 0x10), "whole");
    EXPECT_EQ(name_at(symbols, 0x2f), "whole");
}

TEST(Symbols, none_is_found_among_none) {
    EXPECT_EQ(Symbols().at(0), nullptr);
}

} // namespace
} // namespace ndispool::load
