// Walks of random steps on a pool and on a model of it, by threads that come, take turns and end. RapidCheck makes the walks
// and shrinks one that fails. The seed is fixed; longer, with another seed each time, which it prints:
//
//   RC_PARAMS="max_success=100000" build/release/pool_test --gtest_filter='PoolModel.*'
#include "ndispool/pool/test_model.h"
#include "ndispool/pool/test_pages.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <cstdlib>
#include <semaphore>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace ndispool::pool {

// What the numbers mean depends on what is out when the step is made, so a walk without some of its steps is a walk too.
struct Step {
    enum Kind : std::uint8_t {
        allocate,
        allocate_bulk,
        free,
        free_bulk,
        free_wrong,
        reserve,
        allocate_reserved,
        release,
        wait,
        look,
        end_thread
    };
    static constexpr std::array names{"allocate",  "allocate_bulk",     "free",    "free_bulk", "free_wrong",
                                      "reserve",   "allocate_reserved", "release", "wait",      "look",
                                      "end_thread"};
    Kind kind = look;
    unsigned thread = 0;
    std::size_t count = 0;
    std::size_t which = 0;
};

void showValue(const Step& step, std::ostream& to) {
    to << Step::names[step.kind] << " by " << step.thread << ", " << step.count << " from " << step.which;
}
void showValue(const Shape& shape, std::ostream& to) {
    to << shape.descriptors << " and " << shape.overflow << " of " << shape.size << " bytes";
}

namespace {

// A thread that does what it is told, while the other waits.
class Hand {
  public:
    Hand()
        : thread_([this] {
              for (asked_.acquire(); task_; asked_.acquire()) {
                  task_();
                  done_.release();
              }
          }) {}
    ~Hand() {
        task_ = nullptr;
        asked_.release();
    }
    Hand(const Hand&) = delete;
    Hand& operator=(const Hand&) = delete;

    void run(std::function<void()> task) {
        task_ = std::move(task);
        asked_.release();
        done_.acquire();
    }

  private:
    std::function<void()> task_;
    std::binary_semaphore asked_{0}, done_{0};
    std::jthread thread_; // last: it uses the others
};

class Walk {
  public:
    explicit Walk(const Shape& shape)
        : pool_(Pool::create(shape, pages_)), model_(shape), bytes_when_empty_(pages_.out()) {}

    // Empty, or what was wrong first.
    std::string go(const std::vector<Step>& steps) {
        for (std::size_t i = 0; i < steps.size() && wrong_.empty(); ++i) {
            by(steps[i].thread, steps[i]);
            same("in_use", pool_->in_use(), model_.in_use());
            same("memory is as of the empty pool", pages_.out() == bytes_when_empty_, model_.overflow_in_use() == 0);
            if (!wrong_.empty())
                wrong_ += " after step " + std::to_string(i);
        }
        if (wrong_.empty())
            end();
        return wrong_;
    }

  private:
    struct Reserved {
        Reservation reservation;
        Model::Parts left;
    };

    template <class Is, class Should> void same(const char* what, Is is, Should should) {
        if (wrong_.empty() && is != static_cast<Is>(should))
            wrong_ = (std::ostringstream() << what << ": " << is << " instead of " << should).str();
    }
    void expect(bool holds, const char* what) { same(what, holds, true); }

    void by(unsigned thread, const Step& step) {
        if (thread == 0)
            return make(step);
        auto& hand = hands_.at(thread - 1);
        if (step.kind == Step::end_thread)
            return hand.reset();
        if (hand == nullptr) {
            hand = std::make_unique<Hand>();
            model_.joined();
        }
        hand->run([&] { make(step); });
    }

    void make(const Step& step) {
        switch (step.kind) {
        case Step::allocate: {
            void* descriptor = pool_->allocate();
            return got({&descriptor, descriptor != nullptr ? 1U : 0U}, 1);
        }
        case Step::allocate_bulk:
            return allocate(step.count);
        case Step::free:
            if (!out_.empty())
                expect(pool_->free(leave(step.which)), "an own descriptor is freed");
            return;
        case Step::free_bulk:
            return free(step.count, step.which, step.count % 4 == 0);
        case Step::free_wrong:
            return free_wrong(step.which);
        case Step::reserve:
            return reserve(step.count);
        case Step::allocate_reserved:
            return allocate_reserved(step.which);
        case Step::release:
            return release(step.which);
        case Step::wait:
            return same("wait_until_empty", pool_->wait_until_empty({}), model_.in_use() == 0);
        case Step::look:
            return look(step.which);
        case Step::end_thread:
            return; // not this one
        }
    }

    void allocate(std::size_t asked) {
        std::vector<void*> given(asked);
        given.resize(pool_->allocate(given));
        got(given, asked);
    }

    void got(std::span<void* const> given, std::size_t asked) {
        const Model::Parts parts = model_.allocate(asked);
        same("allocated", given.size(), parts.all());
        for (std::size_t i = 0; i < given.size(); ++i) {
            same("static", pool_->is_static(given[i]), i < parts.statics);
            add(given[i]);
        }
    }

    // This walk has it from now on. Who else had it, or wrote into it, would find another's mark or leave his own.
    void add(void* descriptor) {
        expect(std::find(out_.begin(), out_.end(), descriptor) == out_.end(), "nobody had the descriptor");
        out_.push_back(descriptor);
        for (void** mark : marks(descriptor))
            *mark = descriptor;
    }

    void* leave(std::size_t which) {
        std::swap(out_[which % out_.size()], out_.back());
        void* descriptor = out_.back();
        out_.pop_back();
        for (void** mark : marks(descriptor))
            expect(*mark == descriptor, "nobody wrote into the descriptor");
        const bool is_static = pool_->is_static(descriptor);
        model_.freed({is_static ? 1U : 0U, is_static ? 0U : 1U});
        gone_ = descriptor;
        return descriptor;
    }

    [[nodiscard]] std::array<void**, 2> marks(void* descriptor) const {
        void** const words = static_cast<void**>(descriptor);
        return {words, words + pool_->shape().size / sizeof(void*) - 1};
    }

    void free(std::size_t count, std::size_t which, bool with_another) {
        std::vector<void*> back;
        for (std::size_t left = std::min(count, out_.size()); left != 0; --left)
            back.push_back(leave(which));
        const std::size_t own = back.size();
        if (with_another)
            back.insert(back.begin() + static_cast<std::ptrdiff_t>(which % (own + 1)), &back);
        same("freed", pool_->free(back), own);
    }

    void free_wrong(std::size_t which) {
        expect(!pool_->free(this) && !pool_->free(nullptr), "what is not the pool's is not freed");
        if (!out_.empty())
            expect(!pool_->free(static_cast<std::byte*>(out_[which % out_.size()]) + 1 + which),
                   "the middle is not freed");
        if (gone_ != nullptr && model_.overflow_in_use() == 0 && !pool_->is_static(gone_))
            expect(!pool_->free(gone_), "overflow is not freed twice");
    }

    void reserve(std::size_t asked) {
        Reserved reserved{pool_->reserve(static_cast<std::uint32_t>(asked)), model_.reserve(asked)};
        same("reserved", reserved.reservation.size(), reserved.left.all());
        if (reserved.left.all() != 0)
            reserved_.push_back(std::move(reserved));
    }

    void allocate_reserved(std::size_t which) {
        if (reserved_.empty())
            return;
        Reserved& from = reserved_[which % reserved_.size()];
        void* descriptor = from.reservation.allocate();
        same("a reserved descriptor", descriptor != nullptr, from.left.all() != 0);
        if (descriptor == nullptr)
            return;
        auto& part = pool_->is_static(descriptor) ? from.left.statics : from.left.overflow;
        expect(part-- != 0, "the reservation has so many of the static ones, and of the others");
        same("left in the reservation", from.reservation.size(), from.left.all());
        add(descriptor);
    }

    void release(std::size_t which) {
        if (reserved_.empty())
            return;
        std::swap(reserved_[which % reserved_.size()], reserved_.back());
        model_.freed(reserved_.back().left);
        reserved_.pop_back();
    }

    void look(std::size_t which) {
        const Snapshot now = pool_->snapshot();
        same("in_use", now.in_use, model_.in_use());
        same("overflow_in_use", now.overflow_in_use, model_.overflow_in_use());
        same("overflow_peak", now.overflow_peak, model_.overflow_peak());
        same("allocations", now.allocations, model_.allocations());
        same("frees", now.frees, model_.frees());
        same("refusals", now.refusals, model_.refusals());
        expect(model_.peak_is_right(now.peak), "the peak is right");

        std::set<void*> shown;
        pool_->for_each_in_use([&](void* each) { expect(shown.insert(each).second, "each is shown once"); });
        same("shown", shown.size(), model_.in_use());
        for (void* descriptor : out_)
            expect(shown.contains(descriptor), "what is out is shown");
        if (!out_.empty())
            expect(pool_->is_allocated(out_[which % out_.size()]), "what is out is allocated");
        if (gone_ != nullptr)
            same("what was freed is allocated", pool_->is_allocated(gone_), shown.contains(gone_));
    }

    // Nothing was lost: all can be had at once.
    void end() {
        free(out_.size(), 0, false);
        while (!reserved_.empty())
            release(0);
        expect(pool_->wait_until_empty({}), "wait_until_empty at the end");
        for (auto& hand : hands_)
            hand.reset();
        allocate(pool_->capacity() + 1);
        look(0);
        free(out_.size(), 0, false);
        same("in_use at the end", pool_->in_use(), 0U);
        look(0);
    }

    TestPages pages_;
    std::unique_ptr<Pool> pool_;
    Model model_;
    std::size_t bytes_when_empty_;
    std::vector<void*> out_;
    std::vector<Reserved> reserved_; // with something left, or not
    void* gone_ = nullptr;           // freed last
    std::array<std::unique_ptr<Hand>, 2> hands_;
    std::string wrong_;
};

rc::Gen<Step> a_step(const rc::Gen<unsigned>& thread) {
    using rc::gen::inRange;
    using rc::gen::set;
    return rc::gen::build<Step>(set(&Step::kind, rc::gen::weightedElement<Step::Kind>({{6, Step::allocate},
                                                                                       {5, Step::allocate_bulk},
                                                                                       {5, Step::free},
                                                                                       {4, Step::free_bulk},
                                                                                       {1, Step::free_wrong},
                                                                                       {2, Step::reserve},
                                                                                       {3, Step::allocate_reserved},
                                                                                       {1, Step::release},
                                                                                       {1, Step::wait},
                                                                                       {1, Step::look},
                                                                                       {1, Step::end_thread}})),
                                set(&Step::thread, thread), set(&Step::count, inRange<std::size_t>(0, 70)),
                                set(&Step::which, inRange<std::size_t>(0, 40)));
}

rc::Gen<Shape> a_shape() {
    return rc::gen::map(rc::gen::tuple(rc::gen::inRange(1U, 301U), rc::gen::inRange(0U, 101U),
                                       rc::gen::element<std::size_t>(64, 100, 384, 5000)),
                        [](const auto& numbers) {
                            const auto [capacity, overflow_percent, size] = numbers;
                            const std::uint32_t overflow = capacity * overflow_percent / 100;
                            return Shape{.descriptors = capacity - overflow, .overflow = overflow, .size = size};
                        });
}

bool walks_are_right(double length, const rc::Gen<unsigned>& thread) {
    setenv("RC_PARAMS", "seed=1 max_success=150", 0); // before RapidCheck looks
    return rc::check([length, thread] {
        const Shape shape = *a_shape();
        const auto steps = *rc::gen::scale(length, rc::gen::container<std::vector<Step>>(a_step(thread)));
        if (const std::string wrong = Walk(shape).go(steps); !wrong.empty())
            RC_FAIL(wrong);
    });
}

TEST(PoolModel, a_thread_finds_exactly_what_the_model_says) {
    EXPECT_TRUE(walks_are_right(4, rc::gen::just(0U)));
}

TEST(PoolModel, threads_that_take_turns_find_exactly_what_the_model_says) {
    EXPECT_TRUE(walks_are_right(2, rc::gen::weightedElement<unsigned>({{12, 0U}, {1, 1U}, {1, 2U}})));
}

} // namespace
} // namespace ndispool::pool
