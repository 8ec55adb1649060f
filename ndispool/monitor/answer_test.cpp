#include "ndispool/monitor/answer.h"

#include <gtest/gtest.h>

namespace ndispool::monitor {
namespace {

// A number of its own in every field.
Answer example() {
    Pool pool;
    pool.record = {.id = 3,
                   .handle = reinterpret_cast<const void*>(0x7f0000001000),
                   .allocator = reinterpret_cast<const void*>(0x7f00000020aa),
                   .descriptors = 255,
                   .overflow = 65280,
                   .protocol_reserved = 32,
                   .capacity = 65535,
                   .packet_size = 264,
                   .protocol_id = 7,
                   .in_use = 300,
                   .peak = 310,
                   .overflow_in_use = 45,
                   .overflow_peak = 55,
                   .allocations = 18446744073709551615u,
                   .frees = 18446744073709551315u,
                   .refusals = 12,
                   .freed = true,
                   .in_use_when_freed = 301,
                   .alive = true};
    pool.allocator = "passthru!PtBind+0x3c";
    Pool other;
    other.allocator = "program with spaces!0x12";
    return {.program = "run passthru", .forgotten = 9, .pools = {pool, other}};
}

TEST(Answer, text_gives_back_what_it_was_made_of) {
    const Answer before = example();
    const std::optional<Answer> after = parse_answer(text_of(before));
    ASSERT_TRUE(after);
    EXPECT_EQ(after->program, "run passthru");
    EXPECT_EQ(after->forgotten, 9u);
    ASSERT_EQ(after->pools.size(), 2u);
    const ndis::PoolRecord& record = after->pools[0].record;
    EXPECT_EQ(record.id, 3u);
    EXPECT_EQ(record.handle, reinterpret_cast<const void*>(0x7f0000001000));
    EXPECT_EQ(record.allocator, reinterpret_cast<const void*>(0x7f00000020aa));
    EXPECT_EQ(record.in_use, 300u);
    EXPECT_EQ(record.overflow_in_use, 45u);
    EXPECT_EQ(record.allocations, 18446744073709551615u);
    EXPECT_EQ(record.refusals, 12u);
    EXPECT_TRUE(record.freed && record.alive);
    EXPECT_EQ(record.in_use_when_freed, 301u);
    EXPECT_EQ(after->pools[0].allocator, "passthru!PtBind+0x3c");
    EXPECT_EQ(after->pools[1].allocator, "program with spaces!0x12");
    EXPECT_FALSE(after->pools[1].record.freed);
    EXPECT_EQ(text_of(*after), text_of(before)) << "every field";
}

TEST(Answer, a_text_that_was_cut_off_anywhere_is_no_answer) {
    const std::string text = text_of(example());
    for (std::size_t length = 0; length + 4 < text.size(); ++length)
        EXPECT_FALSE(parse_answer(std::string_view(text).substr(0, length))) << length;
}

TEST(Answer, fields_and_lines_of_later_versions_are_passed_over) {
    const std::optional<Answer> answer =
        parse_answer("ndispool-pools 1\nweather fine\npool id=4 colour=red in_use=2 allocator=d!f\nend\n");
    ASSERT_TRUE(answer && answer->pools.size() == 1);
    EXPECT_EQ(answer->pools[0].record.id, 4u);
    EXPECT_EQ(answer->pools[0].record.in_use, 2u);
}

TEST(Answer, what_is_not_such_a_text_is_refused) {
    for (const char* text :
         {"", "end\n", "ndispool-pools 2\nend\n", "HTTP/1.1 400\r\n\r\n", "ndispool-pools 1\npool id=1\nend\n",
          "ndispool-pools 1\npool id=x allocator=a\nend\n",
          "ndispool-pools 1\npool in_use=4294967296 allocator=a\nend\n",
          "ndispool-pools 1\npool handle=12 allocator=a\nend\n", "ndispool-pools 1\npool alive=2 allocator=a\nend\n",
          "ndispool-pools 1\nforgotten -1\nend\n"})
        EXPECT_FALSE(parse_answer(text)) << text;
}

TEST(Answer, a_name_cannot_break_a_line) {
    Answer answer = example();
    answer.program = "two\nlines\x1b[2J";
    answer.pools[0].allocator = "a\npool id=99 allocator=b";
    const std::optional<Answer> read = parse_answer(text_of(answer));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->program, "two?lines?[2J");
    EXPECT_EQ(read->pools.size(), 2u);
}

} // namespace
} // namespace ndispool::monitor
