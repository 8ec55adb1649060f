#include "ndispool/tool/shell_words.h"

#include <gtest/gtest.h>

namespace ndispool::tool {
namespace {

TEST(ShellWords, a_plain_word_stays_as_it_is) {
    EXPECT_EQ(shell_word("replay:/a/b-1.pcap"), "replay:/a/b-1.pcap");
    EXPECT_EQ(shell_word("PtBind+0x1d5#2"), "PtBind+0x1d5#2");
}

TEST(ShellWords, what_a_shell_would_change_is_quoted) {
    EXPECT_EQ(shell_word(""), "''");
    EXPECT_EQ(shell_word("a b"), "'a b'");
    EXPECT_EQ(shell_word("it's $x"), "'it'\\''s $x'");
    EXPECT_EQ(shell_word("#3"), "'#3'");
}

} // namespace
} // namespace ndispool::tool
