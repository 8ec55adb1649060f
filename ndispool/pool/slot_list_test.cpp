#include "ndispool/pool/slot_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

extern "C" [[gnu::weak]] void __asan_init(); // present when the program runs under a sanitizer that has its own malloc
extern "C" [[gnu::weak]] void __tsan_init();

namespace ndispool::pool {
namespace {

using List = SlotList<detail::Native>;

std::vector<std::uintptr_t> addresses_of(List& list, std::size_t slots) {
    std::vector<std::uintptr_t> all(slots);
    for (auto& address : all)
        address = reinterpret_cast<std::uintptr_t>(list.add([](List::Slot&) {}));
    return all;
}

// What the pool says it holds is also what the heap gives: the guarantee of 1 KiB for each thread.
TEST(SlotList, takes_1_KiB_of_the_heap_for_each_slot) {
    if (&__asan_init != nullptr || &__tsan_init != nullptr)
        GTEST_SKIP() << "a sanitizer's heap is another";
    List list;
    auto all = addresses_of(list, 1000);
    EXPECT_EQ(list.bytes(), 1000u * 1024);
    std::sort(all.begin(), all.end());
    const auto close = std::count_if(all.begin() + 1, all.end(), [last = all[0]](std::uintptr_t address) mutable {
        return address - std::exchange(last, address) <= 1024 + 128;
    });
    EXPECT_GE(close, 900) << "few are where something else was freed";
}

TEST(SlotList, keeps_counters_from_where_descriptors_begin_and_out_of_one_set_of_a_cache) {
    List list;
    std::set<std::uintptr_t> places;
    for (const std::uintptr_t address : addresses_of(list, 12)) {
        EXPECT_EQ(address % 64, 0u);
        EXPECT_NE(address % 256, 0u);
        places.insert(address % 1024);
    }
    EXPECT_EQ(places.size(), 3u);
}

TEST(SlotList, shows_each_of_its_slots_once_but_the_one_that_is_left_out) {
    List list;
    auto all = addresses_of(list, 5);
    std::vector<std::uintptr_t> shown;
    const auto show = [&](List::Slot& slot) { shown.push_back(reinterpret_cast<std::uintptr_t>(&slot)); };
    list.for_each_but(reinterpret_cast<List::Slot*>(all[2]), show);
    std::reverse(shown.begin(), shown.end()); // the newest came first
    all.erase(all.begin() + 2);
    EXPECT_EQ(shown, all);
}

} // namespace
} // namespace ndispool::pool
