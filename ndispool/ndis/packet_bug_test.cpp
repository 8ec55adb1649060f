#include "ndispool/ndis/packet_bug.h"

#include "ndispool/ndis/packet_test_support.h"

#include <algorithm>

namespace ndispool::ndis {
namespace {

TEST(PacketBug, the_first_hook_prints_one_line_that_names_the_rule) {
    set_packet_bug_hook(nullptr);
    testing::internal::CaptureStderr();
    NdisFreePacketPool(nullptr);
    const std::string printed = testing::internal::GetCapturedStderr();
    EXPECT_NE(printed.find(packet_bug_rule::pool_handle), std::string::npos);
    EXPECT_EQ(std::ranges::count(printed, '\n'), 1);
}

TEST(PacketBug, the_first_hook_falls_silent_after_ten_and_bugs_are_counted_all_the_same) {
    set_packet_bug_hook(nullptr);
    const std::uint64_t before = packet_bugs_reported();
    testing::internal::CaptureStderr();
    for (int i = 0; i < 100; ++i)
        NdisFreePacketPool(nullptr);
    const std::string printed = testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::ranges::count(printed, '\n'), 10);
    EXPECT_EQ(packet_bugs_reported(), before + 100);
}

} // namespace
} // namespace ndispool::ndis
