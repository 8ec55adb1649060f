#include "ndispool/machine/bell.h"
#include "ndispool/machine/testing.h"
#include <gtest/gtest.h>

namespace ndispool::machine {

using namespace testing;

TEST(Bell, a_ring_after_listen_ends_the_sleep) {
    Bell bell;
    const auto ticket = bell.listen();
    bell.ring();
    bell.sleep(ticket);
}

TEST(Bell, a_sleep_ends_when_its_time_is_over) {
    Bell bell;
    bell.sleep(bell.listen(), std::chrono::milliseconds(1));
    bell.sleep(bell.listen(), std::chrono::nanoseconds(-1));
}

template <class Ring> void ping_pong(int rounds, Ring ring) {
    Bell bells[2];
    std::atomic<int> turn = 0;
    in_threads(2, [&](unsigned me) {
        const auto is_mine = [&] { return turn.load() % 2 == static_cast<int>(me); };
        for (int i = 0; i < rounds; ++i) {
            while (!is_mine()) {
                const auto ticket = bells[me].listen();
                if (!is_mine())
                    bells[me].sleep(ticket);
            }
            turn.fetch_add(1);
            ring(bells[1 - me]);
        }
    });
    EXPECT_EQ(turn, 2 * rounds);
}

TEST(Bell, no_ring_is_missed) {
    ping_pong(10'000, [](Bell& bell) { bell.ring(); });
}

TEST(Bell, no_ring_is_missed_by_those_who_ring_only_if_heard) {
    ping_pong(10'000, [](Bell& bell) { bell.ring_if_heard(); });
}

TEST(Bell, one_ring_wakes_all_who_listen) {
    Bell bell;
    std::atomic<int> listening = 0;
    std::atomic<bool> over = false;
    std::jthread ringer([&] {
        wait_until([&] { return listening == 4; });
        over = true;
        bell.ring();
    });
    in_threads(4, [&](unsigned) {
        const auto ticket = bell.listen();
        ++listening;
        bell.sleep(ticket);
        while (!over) {
            const auto again = bell.listen();
            if (!over)
                bell.sleep(again);
        }
    });
}

TEST(Bell, an_address_always_has_the_same_bell_and_neighbours_mostly_differ) {
    std::uintptr_t words[64];
    std::size_t same = 0;
    for (auto& word : words) {
        EXPECT_EQ(&bell_at(&word), &bell_at(&word));
        same += &bell_at(&word) == &bell_at(&words[0]);
    }
    EXPECT_LT(same, 16u);
}

} // namespace ndispool::machine
