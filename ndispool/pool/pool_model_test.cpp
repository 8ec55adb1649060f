// Random operations on a pool and on a model of it that is too simple to be wrong.
#include "ndispool/pool/test_pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

namespace ndispool::pool {
namespace {

constexpr int seeds = 20;
constexpr int steps = 2000;

class Model {
  public:
    explicit Model(const Shape& shape) : shape_(shape) {}

    // The pool answered an allocation of `asked` with `given`.
    void allocated(std::size_t asked, std::span<void* const> given) {
        const std::size_t free = shape_.descriptors + shape_.overflow - out.size();
        EXPECT_EQ(given.size(), std::min(asked, free));
        refusals += given.size() < asked;
        // Those that were freed last, in any order.
        const std::size_t back = std::min(static_back_.size(), given.size());
        EXPECT_TRUE(std::is_permutation(static_back_.end() - static_cast<std::ptrdiff_t>(back), static_back_.end(),
                                        given.begin(), given.begin() + static_cast<std::ptrdiff_t>(back)))
            << "not the ones freed last";
        static_back_.resize(static_back_.size() - back);
        for (void* descriptor : given) {
            const bool is_static = statics_out_ < shape_.descriptors;
            EXPECT_FALSE(std::count(out.begin(), out.end(), descriptor)) << "already out";
            statics_out_ += is_static;
            if (is_static)
                statics_.insert(descriptor);
            else
                EXPECT_FALSE(statics_.contains(descriptor));
            out.push_back(descriptor);
        }
        allocations += given.size();
        peak = std::max(peak, out.size());
        overflow_peak = std::max(overflow_peak, overflow_out());
    }

    // The holder of out[which] frees it.
    void* freed(std::size_t which) {
        void* descriptor = out[which];
        out[which] = out.back();
        out.pop_back();
        if (statics_.contains(descriptor)) {
            --statics_out_;
            static_back_.push_back(descriptor);
        }
        ++frees;
        gone.push_back(descriptor);
        return descriptor;
    }

    [[nodiscard]] std::size_t overflow_out() const { return out.size() - statics_out_; }
    [[nodiscard]] bool is_out(void* descriptor) const {
        return std::find(out.begin(), out.end(), descriptor) != out.end();
    }

    std::vector<void*> out;
    std::vector<void*> gone; // freed once, perhaps out again
    std::size_t peak = 0, overflow_peak = 0, allocations = 0, frees = 0, refusals = 0;

  private:
    const Shape shape_;
    std::set<void*> statics_; // every static descriptor that was ever seen
    std::vector<void*> static_back_;
    std::size_t statics_out_ = 0;
};

class Walk {
  public:
    Walk(const Shape& shape, std::uint64_t seed)
        : pool_(Pool::create(shape, pages_)), model_(shape), bytes_when_empty_(pages_.out()), random_(seed) {}

    void step() {
        switch (below(6)) {
        case 0:
            return allocate_one();
        case 1:
            return allocate_many();
        case 2:
            return free_one();
        case 3:
            return free_many();
        case 4:
            return ask_about_one_freed();
        default:
            return free_inside();
        }
    }

    void expect_agreement() const {
        const Snapshot now = pool_->snapshot();
        EXPECT_EQ(pool_->in_use(), model_.out.size());
        EXPECT_EQ(now.in_use, model_.out.size());
        EXPECT_EQ(now.overflow_in_use, model_.overflow_out());
        EXPECT_EQ(now.peak, model_.peak);
        EXPECT_EQ(now.overflow_peak, model_.overflow_peak);
        EXPECT_EQ(now.allocations, model_.allocations);
        EXPECT_EQ(now.frees, model_.frees);
        EXPECT_EQ(now.refusals, model_.refusals);
        EXPECT_EQ(now.in_use, now.allocations - now.frees);
        EXPECT_EQ(pages_.out() == bytes_when_empty_, now.overflow_in_use == 0);
    }

    void expect_the_same_out() const {
        std::set<void*> shown;
        pool_->for_each_in_use([&](void* descriptor) { EXPECT_TRUE(shown.insert(descriptor).second); });
        EXPECT_EQ(shown, std::set(model_.out.begin(), model_.out.end()));
    }

  private:
    std::size_t below(std::size_t end) { return random_() % end; }

    void allocate_one() {
        void* descriptor = pool_->allocate();
        model_.allocated(1, {&descriptor, descriptor ? 1u : 0u});
    }

    void allocate_many() {
        std::vector<void*> given(below(20));
        const std::size_t asked = given.size();
        given.resize(pool_->allocate(given));
        model_.allocated(asked, given);
    }

    void free_one() {
        if (model_.out.empty())
            return;
        EXPECT_TRUE(pool_->free(model_.freed(below(model_.out.size()))));
    }

    void free_many() {
        std::vector<void*> back;
        for (std::size_t left = std::min(below(20), model_.out.size()); left != 0; --left)
            back.push_back(model_.freed(below(model_.out.size())));
        EXPECT_EQ(pool_->free(back), back.size());
    }

    void ask_about_one_freed() {
        if (model_.gone.empty())
            return;
        void* descriptor = model_.gone[below(model_.gone.size())];
        EXPECT_EQ(pool_->is_allocated(descriptor), model_.is_out(descriptor));
    }

    void free_inside() {
        if (model_.out.empty())
            return;
        void* descriptor = model_.out[below(model_.out.size())];
        EXPECT_TRUE(pool_->is_allocated(descriptor));
        EXPECT_FALSE(pool_->free(static_cast<std::byte*>(descriptor) + 1 + below(pool_->shape().size - 1)));
    }

    TestPages pages_;
    std::unique_ptr<Pool> pool_;
    Model model_;
    std::size_t bytes_when_empty_;
    std::mt19937_64 random_;
};

class PoolModel : public testing::TestWithParam<Shape> {};

TEST_P(PoolModel, random_operations_do_what_the_simple_model_does) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        Walk walk(GetParam(), seed);
        for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
            walk.step();
            walk.expect_agreement();
            if (step % 50 == 0)
                walk.expect_the_same_out();
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Shapes, PoolModel,
                         testing::Values(Shape{40, 0, 64}, Shape{0, 40, 64}, Shape{20, 20, 384}, Shape{3, 60, 9000},
                                         Shape{10, 70, 5000}),
                         [](const auto& test) {
                             return std::to_string(test.param.descriptors) + "_and_" +
                                    std::to_string(test.param.overflow) + "_of_" + std::to_string(test.param.size);
                         });

} // namespace
} // namespace ndispool::pool
