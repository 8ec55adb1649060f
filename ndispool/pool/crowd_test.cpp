#include "ndispool/pool/crowd.h"
#include "ndispool/pool/thread_slots.h"

#include "ndispool/pool/row.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

namespace ndispool::pool {
namespace {

using Native = detail::Native;
using Slot = detail::Slot<Native>;
using List = SlotList<Native>;
using Shelf = pool::Shelf<Native>;

struct alignas(64) Line {
    std::byte bytes[64];
};

// Three threads' slots, blocked as a crowd wants them.
struct CrowdTest : testing::Test {
    static constexpr std::uint32_t count = 100;
    std::unique_ptr<Line[]> memory = std::make_unique<Line[]>(count);
    detail::Row row{memory[0].bytes, sizeof(Line), count};
    List list;
    Depot<Native> depot{row, 0};
    detail::Counters<Native> without_slot;
    Crowd<Native> crowd{row, list, depot, without_slot};
    Slot* slots[3];
    std::size_t out = 0;

    CrowdTest() {
        for (Slot*& slot : slots)
            slot = list.add([](Slot& fresh) { fresh.block(); });
        crowd.begin();
    }
    static Shelf& shelf_of(Slot* slot) { return List::shelf_of(*slot); }
    std::vector<void*> from_depot(std::size_t number) {
        std::vector<void*> all(number);
        for (void*& descriptor : all)
            descriptor = depot.pop();
        return all;
    }
    // All that is free but for what is in the depot.
    void put_on_shelf(Slot* slot, std::size_t number) {
        for (void* descriptor : from_depot(number))
            shelf_of(slot).put(static_cast<std::uint16_t>(row.index_of(descriptor)));
    }
    void empty_depot() { gone = from_depot(depot.free()); }
    std::size_t take_locked(Slot* own, std::vector<void*>& to, std::size_t least = 0) {
        return crowd.take_locked(own, to, least, [](std::size_t) { return false; });
    }
    static std::uint64_t used(Slot* slot) { return slot->allocations.load() - slot->frees.load(); }
    std::vector<void*> gone;
};

TEST_F(CrowdTest, takes_and_gives_on_its_own_shelf_all_or_nothing_and_counts) {
    put_on_shelf(slots[0], 3);
    empty_depot();
    std::vector<void*> two(2), more(2);
    ASSERT_TRUE(crowd.take(*slots[0], two));
    EXPECT_NE(two[0], two[1]);
    EXPECT_EQ(used(slots[0]), 2u);
    EXPECT_FALSE(crowd.take(*slots[0], more)); // one is left
    EXPECT_EQ(shelf_of(slots[0]).size(), 1u);
    EXPECT_EQ(used(slots[0]), 2u);
    ASSERT_TRUE(crowd.give(*slots[0], two));
    EXPECT_EQ(used(slots[0]), 0u);
    ASSERT_TRUE(crowd.take(*slots[0], more)); // the last first
    EXPECT_EQ(more, std::vector<void*>({two[1], two[0]}));
    std::vector<void*> too_many(Shelf::capacity);
    EXPECT_FALSE(crowd.give(*slots[0], too_many));
}

TEST_F(CrowdTest, takes_the_older_part_of_what_another_keeps) {
    put_on_shelf(slots[1], 8);
    empty_depot();
    std::vector<std::uint16_t> kept;
    shelf_of(slots[1]).for_each([&](std::uint16_t index) { kept.push_back(index); });
    std::vector<void*> one(1);
    ASSERT_TRUE(crowd.take(*slots[0], one));
    EXPECT_EQ(shelf_of(slots[0]).size() + 1, 6u);
    EXPECT_EQ(shelf_of(slots[1]).size(), 2u);
    EXPECT_EQ(row.index_of(one[0]), kept[5]);
    EXPECT_EQ(shelf_of(slots[1]).pick(), kept[7]);
}

TEST_F(CrowdTest, takes_no_more_from_another_than_there_is_room_for) {
    put_on_shelf(slots[0], 20);
    put_on_shelf(slots[1], Shelf::capacity);
    empty_depot();
    std::vector<void*> many(Shelf::capacity);
    ASSERT_TRUE(crowd.take(*slots[0], many));
    EXPECT_EQ(std::set<void*>(many.begin(), many.end()).size(), many.size());
    EXPECT_EQ(shelf_of(slots[1]).size(), 20u);
}

TEST_F(CrowdTest, does_not_take_from_others_while_the_depot_has_some) {
    put_on_shelf(slots[1], 8);
    std::vector<void*> one(1), some(10);
    ASSERT_EQ(take_locked(slots[0], some), 10u); // notices it
    ASSERT_TRUE(crowd.give(*slots[0], some));
    std::vector<void*> all(shelf_of(slots[0]).size());
    ASSERT_TRUE(crowd.take(*slots[0], all));
    EXPECT_FALSE(crowd.take(*slots[0], one));
    EXPECT_EQ(shelf_of(slots[1]).size(), 8u);
}

TEST_F(CrowdTest, does_not_take_from_others_what_a_refusal_left_in_the_depot) {
    put_on_shelf(slots[1], 8);
    empty_depot();
    std::vector<void*> one(1), many(9);
    EXPECT_EQ(take_locked(slots[2], many, 9), 0u);
    EXPECT_EQ(depot.free(), 8u);
    ASSERT_TRUE(crowd.give(*slots[1], std::span(gone).last(1)));
    EXPECT_FALSE(crowd.take(*slots[0], one));
    EXPECT_EQ(take_locked(slots[0], one), 1u);
}

TEST_F(CrowdTest, waits_for_nobody_without_the_pools_lock) {
    put_on_shelf(slots[1], 8);
    empty_depot();
    std::vector<void*> one(1);
    {
        std::lock_guard held(shelf_of(slots[1]));
        EXPECT_FALSE(crowd.take(*slots[0], one));
    }
    EXPECT_TRUE(crowd.take(*slots[0], one));
}

TEST_F(CrowdTest, with_the_pools_lock_takes_all_there_is) {
    for (Slot* slot : slots)
        put_on_shelf(slot, 5);
    from_depot(depot.free() - 4);
    std::vector<void*> many(25);
    EXPECT_EQ(take_locked(slots[0], many, 20), 0u);
    EXPECT_EQ(used(slots[0]), 0u);
    ASSERT_EQ(take_locked(slots[0], many), 19u);
    EXPECT_EQ(used(slots[0]), 19u);
    EXPECT_EQ(std::set<void*>(many.begin(), many.begin() + 19).size(), 19u);
    EXPECT_EQ(take_locked(slots[0], many), 0u);
}

TEST_F(CrowdTest, takes_the_rest_of_what_others_keep_only_as_far_as_it_is_asked_for) {
    put_on_shelf(slots[1], 8);
    empty_depot();
    std::vector<void*> many(8);
    // Six come at first, then the other two, of which one is wanted.
    EXPECT_EQ(crowd.take_locked(slots[0], std::span(many).first(7), 0, [](std::size_t) { return false; }), 7u);
    EXPECT_EQ(used(slots[0]), 7u);
    EXPECT_EQ(many[7], nullptr);
    EXPECT_EQ(depot.free() + shelf_of(slots[0]).size(), 1u);
}

TEST_F(CrowdTest, a_thread_without_a_slot_takes_what_others_keep) {
    put_on_shelf(slots[2], 5);
    empty_depot();
    std::vector<void*> many(6);
    ASSERT_EQ(take_locked(nullptr, many), 5u);
    EXPECT_EQ(without_slot.allocations.load(), 5u);
    crowd.give_locked(nullptr, std::span(many).first(5));
    EXPECT_EQ(without_slot.frees.load(), 5u);
    EXPECT_EQ(depot.free(), 5u);
}

TEST_F(CrowdTest, what_does_not_fit_on_a_shelf_goes_to_the_depot) {
    put_on_shelf(slots[0], Shelf::capacity);
    empty_depot();
    std::vector<void*> some(40);
    std::copy_n(gone.begin(), some.size(), some.begin());
    crowd.give_locked(slots[0], some);
    EXPECT_EQ(used(slots[0]), std::uint64_t{0} - 40);
    EXPECT_EQ(shelf_of(slots[0]).size() + depot.free(), Shelf::capacity + 40);
    EXPECT_EQ(shelf_of(slots[0]).size(), Shelf::capacity);
    std::vector<void*> one{gone.back()};
    crowd.give_locked(slots[0], one); // and so much does that the next do fit
    EXPECT_EQ(shelf_of(slots[0]).size(), Shelf::capacity / 2 + 1);
}

TEST_F(CrowdTest, is_over_when_much_is_free_or_a_thread_did_without_others_for_long) {
    EXPECT_TRUE(crowd.is_over(nullptr)); // all of it
    put_on_shelf(slots[0], 1);
    from_depot(count / 2 - 1);
    EXPECT_FALSE(crowd.is_over(slots[0]));
    EXPECT_FALSE(crowd.is_over(nullptr));
    std::vector<void*> one(1);
    std::uint32_t operations = 0;
    while (crowd.take(*slots[0], one) && crowd.give(*slots[0], one))
        ++operations;
    EXPECT_NEAR(2 * operations, Native::patience, 2);
    EXPECT_TRUE(crowd.is_over(slots[0]));
    EXPECT_FALSE(crowd.is_over(slots[1]));
    ASSERT_EQ(take_locked(slots[0], one), 1u); // of its own
    EXPECT_TRUE(crowd.is_over(slots[0]));
}

TEST_F(CrowdTest, goes_on_for_both_when_a_thread_needs_what_another_keeps) {
    put_on_shelf(slots[0], 1);
    put_on_shelf(slots[1], 8);
    empty_depot();
    std::vector<void*> one(1), two(2);
    const auto work = [&](Slot* slot, std::uint32_t pairs) {
        while (pairs != 0 && crowd.take(*slot, one) && crowd.give(*slot, one))
            --pairs;
        return pairs == 0;
    };
    ASSERT_TRUE(work(slots[0], Native::patience / 2 - 2) && work(slots[1], Native::patience / 2 - 2));
    ASSERT_TRUE(crowd.take(*slots[0], two)); // with some of the other's
    EXPECT_TRUE(work(slots[0], 10));
    EXPECT_TRUE(work(slots[1], 10));
    EXPECT_FALSE(crowd.is_over(slots[0]));
    EXPECT_FALSE(crowd.is_over(slots[1]));
}

TEST_F(CrowdTest, leaves_everything_in_the_depot_and_the_slots_to_their_owners) {
    put_on_shelf(slots[0], 7);
    put_on_shelf(slots[2], 9);
    crowd.end();
    EXPECT_FALSE(crowd.is_on());
    EXPECT_EQ(depot.free(), count);
    std::vector<void*> one(1);
    EXPECT_FALSE(crowd.take(*slots[0], one));
    EXPECT_FALSE(crowd.give(*slots[0], one));
    for (Slot* slot : slots) {
        slot->set_limit(1, 0);
        slot->put(depot.pop());
        EXPECT_TRUE(slot->take(one[0]));
    }
}

// Slots of one thread, which takes what the other keeps, as two threads would.
struct CrowdedPool : testing::Test {
    static constexpr std::uint32_t count = 256;
    std::unique_ptr<Line[]> memory = std::make_unique<Line[]>(count);
    NativeEngine::Counters beside;
    NativeEngine engine{detail::Row(memory[0].bytes, sizeof(Line), count), beside, heavy_barrier_works()};
    Slot* a = engine.join();
    Slot* b = engine.join();
    std::vector<void*> held;

    bool take(Slot* slot, std::size_t number = 1) {
        for (; number != 0; --number) {
            void* descriptor;
            if (!slot->take(descriptor) && engine.take(slot, {&descriptor, 1}) == 0)
                return false;
            held.push_back(descriptor);
        }
        return true;
    }
    void give(Slot* slot, std::size_t number = 1) {
        for (; number != 0; --number) {
            void* const descriptor = held.back();
            held.pop_back();
            if (!slot->give(descriptor))
                engine.give(slot, {&descriptor, 1}, [] {});
        }
    }
    // b needs what a keeps, and gives it to a again.
    void pass(int times) {
        for (; times != 0; --times) {
            give(a, 20);
            EXPECT_TRUE(take(b, 20));
        }
    }
    // The slots do not serve, but the engine does.
    bool crowded() {
        void* descriptor;
        give(a, 8);
        const bool served = a->take(descriptor);
        if (served)
            held.push_back(descriptor);
        EXPECT_TRUE(take(a, served ? 7 : 8));
        return !served;
    }
    std::uint64_t used() { return engine.try_sum()->used(); }
};

TEST_F(CrowdedPool, begins_when_threads_need_what_others_keep_again_and_again) {
    ASSERT_TRUE(take(a, count));
    pass(2);
    EXPECT_FALSE(crowded());
    pass(5);
    EXPECT_TRUE(crowded());
    EXPECT_EQ(used(), count);
    EXPECT_FALSE(take(b));
    EXPECT_EQ(used(), count);
    give(a, 3);
    EXPECT_TRUE(take(b, 3));
    EXPECT_FALSE(take(a));
}

TEST_F(CrowdedPool, does_not_begin_if_that_is_seldom) {
    ASSERT_TRUE(take(a, count));
    for (int i = 0; i < 5; ++i) {
        pass(2);
        for (int operation = 0; operation < 3000; ++operation) {
            give(b);
            ASSERT_TRUE(take(b));
        }
    }
    EXPECT_FALSE(crowded());
}

TEST_F(CrowdedPool, begins_with_a_reservation_that_needs_what_others_keep) {
    ASSERT_TRUE(take(a, count));
    pass(2);
    give(a, 10);
    give(b, 10);
    std::vector<void*> many(20);
    ASSERT_EQ(engine.take(b, many, 20), 20u);
    held.insert(held.end(), many.begin(), many.end());
    EXPECT_FALSE(take(b));
    EXPECT_TRUE(crowded());
    EXPECT_EQ(used(), count);
}

TEST_F(CrowdedPool, goes_on_until_much_is_free) {
    ASSERT_TRUE(take(a, count));
    pass(7);
    ASSERT_TRUE(crowded());
    give(a, 60);
    EXPECT_TRUE(crowded());
    give(a, 140);
    EXPECT_TRUE(take(a, 140));
    give(b, 60);
    EXPECT_TRUE(take(b, 60));
    EXPECT_FALSE(crowded());
    EXPECT_EQ(used(), held.size());
}

TEST_F(CrowdedPool, does_not_outlast_the_second_thread) {
    ASSERT_TRUE(take(a, count));
    pass(7);
    give(b, 10);
    ASSERT_TRUE(crowded());
    engine.leave(*b);
    EXPECT_FALSE(crowded());
    EXPECT_TRUE(take(a, 10));
    EXPECT_FALSE(take(a));
    give(a, 100);
    Slot* const again = engine.join();
    EXPECT_EQ(again, b);
    EXPECT_TRUE(take(again, 100));
}

TEST_F(CrowdedPool, has_room_for_a_thread_that_comes) {
    ASSERT_TRUE(take(a, count));
    pass(7);
    ASSERT_TRUE(crowded());
    Slot* const c = engine.join();
    EXPECT_TRUE(List::shelf_of(*c).is_open());
    give(c, 5);
    EXPECT_TRUE(take(b, 5));
    EXPECT_TRUE(crowded());
    give(c, 5);
    engine.leave(*c);
    EXPECT_EQ(List::shelf_of(*c).size(), 0u);
    EXPECT_EQ(engine.join(), c);
    EXPECT_TRUE(take(c, 5));
    give(a, 200);
    EXPECT_FALSE(crowded());
    EXPECT_TRUE(take(c, 30));
    give(c, 3);
    void* descriptor = nullptr;
    EXPECT_TRUE(c->take(descriptor)); // from its stock
    held.push_back(descriptor);
    EXPECT_EQ(used(), held.size());
}

TEST_F(CrowdedPool, is_none_while_somebody_watches) {
    ASSERT_TRUE(take(a, count));
    pass(7);
    give(b, 10);
    engine.watch();
    unsigned emptied = 0;
    while (!held.empty()) {
        engine.give(a, {&held.back(), 1}, [&] { ++emptied; });
        held.pop_back();
        EXPECT_EQ(emptied, held.empty() ? 1 : 0);
    }
    engine.unwatch();
    ASSERT_TRUE(take(b, count));
    EXPECT_FALSE(take(a));
}

TEST_F(CrowdedPool, tells_which_are_free) {
    ASSERT_TRUE(take(a, count));
    pass(7);
    give(a, 9);
    give(b, 4);
    std::multiset<std::uint64_t> free;
    engine.for_each_free([&](std::uint64_t index) { free.insert(index); });
    EXPECT_EQ(free.size(), 13u);
    EXPECT_EQ(std::set<std::uint64_t>(free.begin(), free.end()).size(), 13u);
    for (void* descriptor : held)
        EXPECT_FALSE(free.contains(engine.row().index_of(descriptor)));
    EXPECT_TRUE(crowded());
    EXPECT_EQ(engine.frozen_sum().used(), held.size());
}

TEST_F(CrowdedPool, reserves_all_or_nothing) {
    ASSERT_TRUE(take(a, count));
    pass(7);
    give(a, 9);
    give(b, 4);
    std::vector<void*> some(14);
    EXPECT_EQ(engine.take(a, some, 14), 0u);
    some.resize(13);
    EXPECT_EQ(engine.take(a, some, 13), 13u);
    EXPECT_EQ(used(), count);
}

} // namespace
} // namespace ndispool::pool
