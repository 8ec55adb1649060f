#include "ndispool/pool/depot.h"

#include "ndispool/pool/row.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

namespace ndispool::pool {
namespace {

struct alignas(64) Line {
    std::byte bytes[64];
};

struct DepotOf : testing::TestWithParam<std::uint32_t> {
    DepotOf() {
        constexpr std::size_t stride = 192;
        memory = std::make_unique<Line[]>(GetParam() * stride / sizeof(Line));
        row = detail::Row(memory[0].bytes, stride, GetParam());
        depot = std::make_unique<Depot<detail::Native>>(row, 2);
    }
    [[nodiscard]] std::vector<std::uint64_t> shown() const {
        std::vector<std::uint64_t> all;
        depot->for_each([&](std::uint64_t index) { all.push_back(index); });
        std::sort(all.begin(), all.end());
        return all;
    }
    detail::Row row;
    std::unique_ptr<Line[]> memory;
    std::unique_ptr<Depot<detail::Native>> depot;
};

TEST_P(DepotOf, gives_each_descriptor_once) {
    std::vector<bool> given(row.count());
    for (std::uint32_t left = row.count(); left != 0; --left) {
        ASSERT_EQ(depot->free(), left);
        const std::uint64_t index = row.index_of(depot->pop());
        ASSERT_LT(index, row.count());
        ASSERT_FALSE(given[index]);
        given[index] = true;
    }
    EXPECT_EQ(depot->free(), 0u);
    EXPECT_TRUE(shown().empty());
}

TEST_P(DepotOf, holds_what_random_pushes_and_pops_left_and_gives_the_last_first) {
    std::mt19937 random(GetParam());
    std::vector<void*> out, back; // `back` is a stack
    for (int step = 0; step < 20000; ++step) {
        if (!out.empty() && (depot->free() == 0 || random() % 100 < (step / 2000 % 2 == 0 ? 30u : 70u))) {
            std::swap(out[random() % out.size()], out.back());
            back.push_back(out.back());
            depot->push(out.back());
            out.pop_back();
        } else {
            out.push_back(depot->pop());
            if (!back.empty()) {
                const auto place = std::find(back.rbegin(), back.rend(), out.back());
                ASSERT_LT(place - back.rbegin(), 64) << "not among those that came back last";
                back.erase(std::next(place).base());
            }
            std::fill_n(static_cast<std::byte*>(out.back()), row.stride(), std::byte{0xA5}); // it is the holder's
        }
        ASSERT_EQ(depot->free(), row.count() - out.size());
    }
    std::vector<std::uint64_t> free;
    std::vector<bool> is_out(row.count());
    for (void* descriptor : out)
        is_out[row.index_of(descriptor)] = true;
    for (std::uint64_t index = 0; index < row.count(); ++index)
        if (!is_out[index])
            free.push_back(index);
    EXPECT_EQ(shown(), free);
}

INSTANTIATE_TEST_SUITE_P(Counts, DepotOf, testing::Values(1, 31, 64, 65, 96, 97, 1000, 65535));

std::byte* const nowhere = reinterpret_cast<std::byte*>(std::uintptr_t{1} << 40); // never followed

TEST(Row, index_of_is_the_index_of_each_start_and_of_nothing_else) {
    for (std::size_t size = 1; size <= 20000; size += size < 4000 ? 64 : 977)
        for (const std::size_t alignment : {64u, 256u, 4096u}) {
            const std::size_t stride = stride_of({.descriptors = 1000, .size = size, .alignment = alignment});
            const detail::Row row(nowhere, stride, 1000);
            ASSERT_EQ(row.start(), nowhere);
            ASSERT_EQ(row.count(), 1000u);
            ASSERT_EQ(row.stride(), stride);
            for (const std::uint64_t index : {0u, 1u, 2u, 499u, 998u, 999u}) {
                ASSERT_EQ(row.index_of(row.at(index)), index) << row.stride();
                for (const std::size_t inside : {std::size_t{1}, std::size_t{8}, std::size_t{64}, row.stride() - 1})
                    ASSERT_TRUE(inside % row.stride() == 0 ||
                                row.index_of(static_cast<std::byte*>(row.at(index)) + inside) >= row.count())
                        << row.stride() << ' ' << inside;
            }
            ASSERT_GE(row.index_of(row.at(1000)), row.count());
            ASSERT_GE(row.index_of(row.start() - row.stride()), row.count());
            ASSERT_GE(row.index_of(nullptr), row.count());
        }
}

TEST(Row, copy_all_copies_and_is_false_as_soon_as_one_lies_outside) {
    for (const std::uint32_t count : {3u, 4u, 1000u}) {
        const detail::Row row(nowhere, 64, count);
        for (std::size_t number = 0; number <= 5; ++number) {
            std::vector<void*> inside;
            for (std::size_t i = 0; i < number; ++i)
                inside.push_back(row.at(i % 2 == 0 ? count - 1 : i % count));
            std::vector<void*> copies(number);
            EXPECT_TRUE(row.copy_all(copies.data(), inside));
            EXPECT_EQ(copies, inside);
            for (std::size_t wrong = 0; wrong < number; ++wrong)
                for (void* outside :
                     {row.at(count), static_cast<void*>(row.start() - 1), static_cast<void*>(nullptr)}) {
                    std::vector<void*> some = inside;
                    some[wrong] = outside;
                    EXPECT_FALSE(row.copy_all(copies.data(), some)) << count << ' ' << number << ' ' << wrong;
                }
        }
    }
}

} // namespace
} // namespace ndispool::pool
