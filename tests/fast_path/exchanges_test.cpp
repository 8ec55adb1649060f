// How often a thread leaves its fast path: at most once in 16 operations, whatever the steady pattern of allocations and frees.
// The program is linked with --wrap (CMakeLists.txt): every entry into a slow path comes by here and is counted. An entry makes
// one exchange with the depot at most, so this counts no fewer than there are.
#include "ndispool/pool.h"

#include <gtest/gtest.h>

#include <iostream>
#include <random>
#include <vector>

namespace {

std::size_t slow_entries = 0;

} // namespace

#define ALLOCATE_ONE _ZN8ndispool4pool4Pool15allocate_slowlyEv
#define ALLOCATE_MANY _ZN8ndispool4pool4Pool15allocate_slowlyESt4spanIPvLm18446744073709551615EE
#define FREE_ONE _ZN8ndispool4pool4Pool11free_slowlyEPv
#define FREE_MANY _ZN8ndispool4pool4Pool11free_slowlyESt4spanIKPvLm18446744073709551615EE
#define JOIN(a, b) a##b
#define REAL(name) JOIN(__real_, name)
#define WRAP(name) JOIN(__wrap_, name)

// Member functions are called like functions whose first argument is the object.
extern "C" {
void* REAL(ALLOCATE_ONE)(void* pool) noexcept;
std::size_t REAL(ALLOCATE_MANY)(void* pool, std::span<void*> out) noexcept;
bool REAL(FREE_ONE)(void* pool, void* descriptor) noexcept;
std::size_t REAL(FREE_MANY)(void* pool, std::span<void* const> descriptors) noexcept;

void* WRAP(ALLOCATE_ONE)(void* pool) noexcept {
    ++slow_entries;
    return REAL(ALLOCATE_ONE)(pool);
}
std::size_t WRAP(ALLOCATE_MANY)(void* pool, std::span<void*> out) noexcept {
    ++slow_entries;
    return REAL(ALLOCATE_MANY)(pool, out);
}
bool WRAP(FREE_ONE)(void* pool, void* descriptor) noexcept {
    ++slow_entries;
    return REAL(FREE_ONE)(pool, descriptor);
}
std::size_t WRAP(FREE_MANY)(void* pool, std::span<void* const> descriptors) noexcept {
    ++slow_entries;
    return REAL(FREE_MANY)(pool, descriptors);
}
}

namespace {

using ndispool::pool::Pool;

constexpr std::size_t operations = 16'000, warm_up = 2'000;

// One thread, one pool of plenty; descriptors are freed as `newest_first` says.
class Walk {
  public:
    explicit Walk(bool newest_first)
        : pool_(Pool::create({.descriptors = 4096, .size = 64})), newest_first_(newest_first) {}

    void up(std::size_t steps = 1) {
        for (; steps != 0; --steps) {
            out_.push_back(pool_->allocate());
            ASSERT_NE(out_.back(), nullptr);
            ++done_;
        }
    }
    void down(std::size_t steps = 1) {
        for (; steps != 0; --steps) {
            ASSERT_TRUE(pool_->free(newest_first_ ? out_.back() : out_[oldest_++]));
            if (newest_first_)
                out_.pop_back();
            ++done_;
        }
        if (oldest_ == out_.size()) {
            out_.clear();
            oldest_ = 0;
        }
    }
    [[nodiscard]] std::size_t out() const { return out_.size() - oldest_; }
    [[nodiscard]] std::size_t done() const { return done_; }

  private:
    std::unique_ptr<Pool> pool_;
    const bool newest_first_;
    std::vector<void*> out_;
    std::size_t oldest_ = 0;
    std::size_t done_ = 0;
};

// Slow entries in 16 operations of a pattern that goes on like this.
template <class Step> double in_sixteen(Walk& walk, Step step) {
    while (walk.done() < warm_up)
        step();
    const std::size_t begin = walk.done();
    slow_entries = 0;
    while (walk.done() < begin + operations)
        step();
    return 16.0 * static_cast<double>(slow_entries) / static_cast<double>(walk.done() - begin);
}

class Exchanges : public testing::TestWithParam<bool> {};

TEST_P(Exchanges, one_out_and_in_again_makes_none_at_any_number_out) {
    for (std::size_t already = 0; already <= 200; ++already) {
        Walk walk(GetParam());
        walk.up(already);
        EXPECT_EQ(in_sixteen(walk,
                             [&] {
                                 walk.up();
                                 walk.down();
                             }),
                  0)
            << already << " out before";
    }
}

TEST_P(Exchanges, a_sawtooth_of_any_height_makes_one_in_16_at_most) {
    double most = 0;
    for (std::size_t already = 0; already <= 96; already += 7)
        for (std::size_t height = 1; height <= 200; ++height) {
            Walk walk(GetParam());
            walk.up(already);
            const double found = in_sixteen(walk, [&] {
                walk.up(height);
                walk.down(height);
            });
            EXPECT_LE(found, 1) << "height " << height << ", " << already << " out before";
            most = std::max(most, found);
        }
    EXPECT_GT(most, 0) << "the high ones cannot do without: what is counted here?";
    std::cout << "sawtooth: at most " << most << " in 16 operations\n";
}

TEST_P(Exchanges, a_random_walk_makes_one_in_16_at_most) {
    double most = 0;
    for (unsigned seed = 1; seed <= 200; ++seed) {
        std::minstd_rand random(seed);
        Walk walk(GetParam());
        walk.up(500);
        const std::size_t longest = 1 + seed % 50; // steps that go one way
        const double found = in_sixteen(walk, [&] {
            const std::size_t steps = 1 + random() % longest;
            if (walk.out() + steps < 1000 && (random() % 2 != 0 || walk.out() < steps))
                walk.up(steps);
            else
                walk.down(steps);
        });
        EXPECT_LE(found, 1) << "seed " << seed;
        most = std::max(most, found);
    }
    EXPECT_GT(most, 0);
    std::cout << "random walk: at most " << most << " in 16 operations\n";
}

INSTANTIATE_TEST_SUITE_P(Order, Exchanges, testing::Bool(),
                         [](const auto& order) { return order.param ? "newest_first" : "oldest_first"; });

} // namespace
