#include "ndispool/host/freedom.h"
#include "ndispool/host/later.h"
#include "ndispool/machine/clock.h"
#include "ndispool/machine/processor.h"

#include <gtest/gtest.h>
#include <mutex>
#include <set>
#include <vector>

namespace ndispool::host {
namespace {

TEST(Freedom, unused_it_answers_always_the_same) {
    Freedom freedom;
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(freedom.one_in(1));
        EXPECT_EQ(freedom.portion(7), 7u);
    }
}

TEST(Freedom, every_answer_comes_within_some_hundred_questions_and_a_seed_repeats_them) {
    Freedom one(5, 2), again(5, 2), other(6, 2);
    std::set<bool> coins;
    std::set<std::size_t> portions;
    std::set<unsigned> processors;
    int differences = 0;
    for (int i = 0; i < 200; ++i) {
        const bool coin = one.one_in(4);
        EXPECT_EQ(coin, again.one_in(4));
        differences += coin != other.one_in(4);
        coins.insert(coin);
        portions.insert(one.portion(5));
        again.portion(5);
        processors.insert(one.processor());
        again.processor();
    }
    EXPECT_EQ(coins.size(), 2u);
    EXPECT_EQ(portions, (std::set<std::size_t>{1, 2, 3, 4, 5}));
    EXPECT_EQ(processors.size(), 2u);
    EXPECT_GT(differences, 0);
}

TEST(Freedom, a_way_that_was_never_taken_is_taken_at_last_and_what_was_done_is_counted) {
    machine::start({2});
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Freedom freedom(seed, 2);
        for (int i = 0; i < 3; ++i) // two alike, and then the other one
            freedom.did(freedom.choose(2, Way::request_at_once, Way::request_later) ? Way::request_later
                                                                                    : Way::request_at_once);
        EXPECT_GE(freedom.count(Way::request_at_once), 1u) << seed;
        EXPECT_GE(freedom.count(Way::request_later), 1u) << seed;
        std::vector<std::pair<std::string, std::uint64_t>> told;
        freedom.tell(told, Way::request_at_once, Way::request_later);
        freedom.tell_processors(told);
        ASSERT_EQ(told.size(), 4u);
        EXPECT_EQ(told[0].first, "requests_completed_at_once");
        EXPECT_EQ(told[0].second + told[1].second, 3u);
        EXPECT_EQ(told[2].second + told[3].second, 3u);
    }
    machine::stop();
}

TEST(Later, packets_are_done_once_on_the_processor_that_was_chosen) {
    machine::start({2});
    std::mutex lock;
    std::vector<std::pair<PNDIS_PACKET, unsigned>> done;
    {
        LaterPackets later([&](PNDIS_PACKET packet) {
            const std::scoped_lock guard(lock);
            done.emplace_back(packet, machine::current_processor());
        });
        for (std::uintptr_t i = 1; i <= 50; ++i) {
            const machine::DispatchScope dispatch;
            later.add(i % 2, reinterpret_cast<PNDIS_PACKET>(i));
        }
        while (!later.empty())
            machine::sleep_100ns(10'000);
    }
    ASSERT_EQ(done.size(), 50u);
    for (const auto& [packet, processor] : done)
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(packet) % 2, processor);
    machine::stop();
}

} // namespace
} // namespace ndispool::host
