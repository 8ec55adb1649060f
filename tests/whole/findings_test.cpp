// What a plain run has against a driver that leaves things behind.
#include "whole.h"

#include "ndispool/nt/threads.h"

namespace ndispool::whole {
namespace {

host::Report run_careless(std::uint32_t leave) {
    const auto below = wire::memory_source(frames(10));
    const auto above = wire::open("null");
    return run(NDISPOOL_CARELESS, *below, *above, {{"Leave", leave}});
}

void expect_one(const host::Report& report, const std::string& rule, const std::string& where) {
    ASSERT_EQ(report.findings.size(), 1u);
    EXPECT_EQ(report.findings[0].rule, rule);
    EXPECT_NE(report.findings[0].where.find(where), std::string::npos) << report.findings[0].where;
}

TEST(Findings, a_driver_that_leaves_nothing_has_none) {
    expect_clean(run_careless(0));
}

TEST(Findings, a_pool_freed_with_packets_out_is_named_with_their_number_and_its_maker) {
    const host::Report report = run_careless(1);
    expect_one(report, "pool-leak", "careless!MakeThings+0x");
    EXPECT_NE(report.findings[0].message.find("2 packets"), std::string::npos) << report.findings[0].message;
    ASSERT_EQ(report.pools.size(), 1u);
    EXPECT_EQ(report.pools[0].record.in_use_when_freed, 2u);
}

TEST(Findings, a_pool_that_is_never_freed_is_named) {
    expect_one(run_careless(2), "pool-not-freed", "careless!MakeThings+0x");
}

TEST(Findings, memory_that_is_never_freed_is_named_with_its_size) {
    const host::Report report = run_careless(3);
    expect_one(report, "memory-leak", "careless!MakeThings+0x");
    EXPECT_NE(report.findings[0].message.find("100 bytes"), std::string::npos) << report.findings[0].message;
}

TEST(Findings, a_timer_that_is_still_set_is_named_and_does_not_fire_into_an_unmapped_image) {
    expect_one(run_careless(4), "timer-at-unload", "careless!TimerFunction");
}

TEST(Findings, a_packet_freed_twice_is_named_and_harms_nothing) {
    const host::Report report = run_careless(5);
    ASSERT_EQ(report.findings.size(), 1u);
    EXPECT_NE(report.findings[0].rule.find("double-free"), std::string::npos) << report.findings[0].rule;
    EXPECT_NE(report.findings[0].where.find("careless!Unbind+0x"), std::string::npos) << report.findings[0].where;
    EXPECT_EQ(report.pools.at(0).record.frees, 2u);
}

// Its image stays mapped, or the thread would return into nothing.
TEST(Findings, a_thread_that_outlives_its_driver) {
    expect_one(run_careless(6), "thread-at-unload", "careless!Thread");
    EXPECT_TRUE(nt::join_threads(nullptr, std::chrono::seconds(30)).empty());
}

std::string error_of(const char* driver) {
    const auto below = wire::open("null");
    const auto above = wire::open("null");
    try {
        run(driver, *below, *above);
    } catch (const host::Error& error) {
        return error.what();
    }
    return {};
}

TEST(Findings, a_driver_entry_that_fails_is_an_error_with_its_status) {
    const std::string line = error_of(NDISPOOL_FAILING);
    EXPECT_NE(line.find("failing.so: DriverEntry failed with 0xC000009A"), std::string::npos) << line;
}

TEST(Findings, a_run_that_fails_after_the_driver_was_loaded_still_has_its_report) {
    const auto below = wire::open("null");
    const auto above = wire::open("null");
    try {
        run(NDISPOOL_FAILING, *below, *above);
        FAIL() << "it did not fail";
    } catch (const host::Failed& failed) {
        EXPECT_EQ(failed.report().driver, "failing");
        EXPECT_TRUE(failed.report().findings.empty());
    }
}

TEST(Findings, a_driver_that_registers_nothing_is_an_error) {
    const std::string line = error_of(NDISPOOL_IDLE);
    EXPECT_NE(line.find("idle.so: DriverEntry registered neither"), std::string::npos) << line;
}

TEST(Findings, a_driver_whose_miniport_is_not_its_protocols_upper_edge_is_an_error) {
    const std::string line = error_of(NDISPOOL_BOTH);
    EXPECT_NE(line.find("both.so: DriverEntry registered a protocol and a miniport"), std::string::npos) << line;
}

} // namespace
} // namespace ndispool::whole
