#include "ndispool/observe/pools_live.h"

#include "ndispool/observe/pools_json.h"
#include "ndispool/observe/pools_text.h"
#include "ndispool/observe/testing.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

namespace ndispool::observe {
namespace {

using namespace std::chrono_literals;

// Two pools: one that is used and one that was freed.
Watched watched() {
    monitor::Pool used{testing::record(), "passthru!PtBind+0x3c"};
    used.record.handle = reinterpret_cast<const void*>(0xabc0);
    used.record.freed = false;
    used.record.alive = true;
    used.record.capacity = 100;
    used.record.in_use = 50;
    used.record.allocations = 1000;
    monitor::Pool dead = used;
    dead.record.id = 1;
    dead.record.alive = false;
    dead.record.freed = true;
    dead.allocator = "passthru!Dead+0x1";
    return {4242, {.program = "run passthru", .forgotten = 2, .pools = {dead, used}}};
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
}

TEST(PoolsText, shows_the_pools_that_are_there_and_counts_the_others) {
    const std::string text = pools_text({watched()}, false);
    EXPECT_TRUE(has(text, "Process 4242: run passthru, 1 packet pool; 3 freed and empty\n")) << text;
    EXPECT_TRUE(
        has(text, "255    65280  50   34   5    6        1000       12   136 no    0xabc0 passthru!PtBind+0x3c"))
        << text;
    EXPECT_FALSE(has(text, "passthru!Dead"));
    EXPECT_TRUE(has(pools_text({watched()}, true), "2 packet pools; 2 freed and empty"));
    EXPECT_TRUE(has(pools_text({watched()}, true), "passthru!Dead"));
}

TEST(PoolsText, a_pool_freed_with_packets_out_says_how_many_were) {
    Watched one = watched();
    one.answer.pools[1].record.freed = true;
    one.answer.pools[1].record.in_use_when_freed = 51;
    EXPECT_TRUE(has(pools_text({one}, false), " 51 out "));
}

TEST(PoolsText, what_a_process_calls_itself_is_harmless_to_a_terminal) {
    Watched one = watched();
    one.answer.program = "\x1b[2J";
    one.answer.pools[1].allocator = "\x1b[31m";
    EXPECT_FALSE(has(pools_text({one}, false) + round_text({}, {.when = {}, .processes = {one}}), "\x1b"));
}

TEST(PoolsJson, has_every_pool_with_its_owner_and_handle) {
    std::ostringstream out;
    write_pools_json(out, {watched()}, "1.2.3");
    const auto document = nlohmann::json::parse(out.str());
    EXPECT_EQ(document["schema"], "ndispool-pools");
    EXPECT_EQ(document["processes"][0]["process"], 4242);
    EXPECT_EQ(document["processes"][0]["pools_forgotten"], 2);
    const auto& pools = document["processes"][0]["pools"];
    ASSERT_EQ(pools.size(), 2u);
    EXPECT_EQ(pools[1]["owner"], "passthru");
    EXPECT_EQ(pools[1]["handle"], "0xabc0");
    EXPECT_EQ(pools[1]["in_use"], 50);
    EXPECT_EQ(pools[1]["refusals"], 12);
    EXPECT_EQ(pools[0]["alive"], false);
}

TEST(PoolsLive, rates_are_what_happened_since_the_round_before) {
    const Round first{.when = {}, .processes = {watched()}};
    EXPECT_TRUE(has(round_text({}, first), "4242  50   34 100 [#####     ]   5           -        -       12 no"))
        << round_text({}, first);
    Round second = first;
    second.when += 2s;
    second.processes[0].answer.pools[1].record.allocations += 5000;
    second.processes[0].answer.pools[1].record.refusals += 8;
    const std::string text = round_text(first, second);
    EXPECT_TRUE(has(text, "   2500        4       20 no")) << text;
    EXPECT_TRUE(has(text, "1 packet pool of process 4242 (run passthru)\n")) << text;
}

TEST(PoolsLive, the_bar_shows_a_single_packet_and_is_full_only_when_the_pool_is) {
    Round round{.when = {}, .processes = {watched()}};
    ndis::PoolRecord& record = round.processes[0].answer.pools[1].record;
    for (const auto& [in_use, bar] : {std::pair(0u, "[          ]"), std::pair(1u, "[#         ]"),
                                      std::pair(99u, "[######### ]"), std::pair(100u, "[##########]")}) {
        record.in_use = in_use;
        EXPECT_TRUE(has(round_text({}, round), bar)) << in_use;
    }
}

TEST(PoolsLive, a_screen_is_cut_to_its_size_and_never_scrolls) {
    EXPECT_EQ(drawn("abcdef\ngh\nij\n", 2, 4), "\x1b[Habcd\x1b[K\r\ngh\x1b[K\x1b[J");
    EXPECT_EQ(drawn("\u00e4\u00e4\u00e4\n", 5, 2), "\x1b[H\u00e4\u00e4\x1b[K\x1b[J");
    EXPECT_EQ(drawn("", 5, 2), "\x1b[H\x1b[J");
}

} // namespace
} // namespace ndispool::observe
