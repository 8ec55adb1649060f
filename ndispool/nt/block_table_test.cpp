#include "ndispool/nt/block_table.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <random>

namespace ndispool::nt {
namespace {

Block block(std::uintptr_t number) {
    return {reinterpret_cast<void*>(number * 16), number, 0, nullptr};
}

TEST(BlockTable, an_empty_one_holds_nothing) {
    BlockTable table;
    EXPECT_FALSE(table.erase(block(1).address));
}

TEST(BlockTable, agrees_with_a_model_through_random_insertions_and_erasures) {
    BlockTable table;
    std::map<void*, std::size_t> model;
    std::mt19937 random(1);
    for (int step = 0; step < 20000; ++step) {
        // Few numbers, so that runs of neighbours, which wrap around the end too, are made and broken up all the time.
        const Block one = block(1 + random() % 200);
        if (model.contains(one.address)) {
            ASSERT_TRUE(table.erase(one.address)) << "step " << step;
            model.erase(one.address);
        } else {
            ASSERT_FALSE(table.erase(one.address)) << "step " << step;
            table.insert(one);
            model.emplace(one.address, one.bytes);
        }
    }
    std::vector<Block> all;
    table.append_to(all);
    ASSERT_EQ(all.size(), model.size());
    EXPECT_TRUE(std::ranges::all_of(all, [&](const Block& one) { return model.at(one.address) == one.bytes; }));
}

} // namespace
} // namespace ndispool::nt
