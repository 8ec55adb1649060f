#include "ndispool/observe/table.h"

#include <gtest/gtest.h>

namespace ndispool::observe {
namespace {

TEST(Table, columns_are_as_wide_as_their_widest_cell) {
    Table table({{"", "side", false}, {"", "count"}, {"", "where", false}});
    table.add({"below", "7", "a!b+0x1"});
    table.add({"above", "1234567", "c"});
    EXPECT_EQ(table.text(), "side    count where\n"
                            "below       7 a!b+0x1\n"
                            "above 1234567 c\n");
}

TEST(Table, an_upper_heading_reaches_over_the_empty_one_to_its_left) {
    Table table({{"", "own"}, {"descriptors", "overflow"}, {"", "now"}, {"in use", "peak"}});
    table.add({"255", "65280", "0", "34"});
    EXPECT_EQ(table.text(), " descriptors   in use\n"
                            "own overflow now peak\n"
                            "255    65280   0   34\n");
}

TEST(Table, cells_are_measured_in_characters) {
    Table table({{"", "name", false}, {"", "n"}});
    table.add({"\u00e4\u00f6\u00fc\u00df\u20ac", "1"});
    table.add({"abcde", "2"});
    EXPECT_EQ(table.text(), "name  n\n\u00e4\u00f6\u00fc\u00df\u20ac 1\nabcde 2\n");
}

TEST(Table, without_rows_there_are_only_headings) {
    EXPECT_EQ(Table({{"", "a"}, {"", "b", false}}).text(), "a b\n");
}

} // namespace
} // namespace ndispool::observe
