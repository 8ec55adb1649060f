// Searches executions in which a thread acts on the usage that it is told (supply.h): no clock orders what others did before.
//
//   usage_search [FACTOR]    see Searches
#include "ndispool/pool/supply.h"

#include "ndispool/pool/model_pages.h" // last: see model_machine.h

namespace ndispool::pool {
namespace {

template <class Derived> struct UsageScenario : rl::test_suite<Derived, 2> {
    using Whole = Supply<Model, Model::Mutex>;
    using Slot = Whole::Slot;
    std::unique_ptr<Whole> supply;
    std::array<Slot*, 2> slots{};

    void before() {
        Model::start();
        model_pages.start();
        const Shape shape{.descriptors = Derived::statics, .overflow = Derived::overflow, .size = 64};
        supply = std::make_unique<Whole>(shape, row_of(shape.descriptors), model_pages, true);
        for (Slot*& slot : slots)
            slot = supply->engine().join();
        self().prepare();
    }
    void thread(unsigned index) {
        Model::begin<2>(index);
        self().run(index);
    }
    void* take(unsigned thread) {
        void* descriptor;
        if (slots[thread]->take(descriptor) || supply->take(slots[thread], {&descriptor, 1}) == 1)
            return descriptor;
        return nullptr;
    }
    void give(unsigned thread, void* descriptor) {
        if (!row_of(Derived::statics).begins(descriptor) || !slots[thread]->give(descriptor))
            supply->give(slots[thread], {&descriptor, 1}, [](auto&) {});
    }

  private:
    Derived& self() { return static_cast<Derived&>(*this); }
};

// Each takes one from its stock, then asks: the one or the other sees both. So who gives up because of what it was told is
// not alone with that.
struct TakeAndAsk : UsageScenario<TakeAndAsk> {
    static constexpr unsigned statics = 2, overflow = 0;
    std::array<std::uint32_t, 2> seen{};
    void prepare() {
        for (int turn = 0; turn < 2; ++turn) { // the second ends with one in each stock, where the floor is no more
            const std::array<void*, 2> all{take(0), take(1)};
            give(0, all[0]);
            give(1, all[1]);
        }
    }
    void run(unsigned thread) {
        void* descriptor;
        RL_ASSERT(slots[thread]->take(descriptor));
        seen[thread] = supply->in_use();
    }
    void after() { RL_ASSERT(std::max(seen[0], seen[1]) == 2 && std::min(seen[0], seen[1]) != 0); }
};

enum class Last { of_a_stock, of_a_full_stock, of_overflow };

template <class Derived, Last last> struct LastScenario : UsageScenario<Derived> {
    static constexpr unsigned statics = last == Last::of_overflow ? 0 : 2, overflow = last == Last::of_overflow ? 1 : 0;
    void* out = nullptr;
    void prepare() {
        out = this->take(0);
        if (last == Last::of_a_full_stock)
            this->give(1, this->take(1)); // what thread 0 kept, which may then keep no more
    }
};

// Who is told that nothing is out may destroy the pool, as pool.cpp does it.
template <Last last, bool waits = true> struct Destroy : LastScenario<Destroy<last, waits>, last> {
    void run(unsigned thread) {
        if (thread == 0) {
            this->give(0, this->out);
        } else if (this->supply->in_use() == 0) {
            this->supply->engine().for_each_slot([](auto& slot) {
                while (!slot.quiet())
                    Model::relax();
            });
            if (waits)
                this->supply->wait_for_lock_holders();
            this->supply.reset();
        }
    }
};

// Whoever waits until the pool is empty sees that it is, or sleeps and is woken: wait_until_empty of pool.cpp.
template <Last last, bool asks_first = false> struct Wait : LastScenario<Wait<last, asks_first>, last> {
    std::uint32_t seen = 0;
    bool empty = false;
    void run(unsigned thread) {
        if (thread == 0) {
            this->give(0, this->out);
            return;
        }
        this->supply->watch();
        if (asks_first)
            empty = this->supply->in_use() == 0;
        seen = this->supply->wakeups().load(std::memory_order::acquire);
        if (!asks_first)
            empty = this->supply->in_use() == 0;
    }
    void after() {
        RL_ASSERT(empty || this->supply->wakeups().load(std::memory_order::acquire) != seen);
        this->supply->unwatch();
    }
};

} // namespace
} // namespace ndispool::pool

int main(int count, char** arguments) {
    using namespace ndispool::pool;
    using DestroyStock = Destroy<Last::of_a_stock>;
    using DestroyFullStock = Destroy<Last::of_a_full_stock>;
    using DestroyOverflow = Destroy<Last::of_overflow>;
    using DestroyFullStockAtOnce = Destroy<Last::of_a_full_stock, false>;
    using DestroyOverflowAtOnce = Destroy<Last::of_overflow, false>;
    using WaitStock = Wait<Last::of_a_stock>;
    using WaitFullStock = Wait<Last::of_a_full_stock>;
    using WaitOverflow = Wait<Last::of_overflow>;
    using AskThenWait = Wait<Last::of_a_full_stock, true>;
    Searches searches(factor_of(count, arguments));
#define EACH(SCENARIO, SWITCHES)                                                                                       \
    searches.bounded<SCENARIO>(#SCENARIO, SWITCHES);                                                                   \
    searches.random<SCENARIO>(#SCENARIO, 20000)
#define FINDS(SCENARIO, FAULT) searches.finds<SCENARIO>(Fault::FAULT, #FAULT, #SCENARIO)
    EACH(TakeAndAsk, 3);
    EACH(DestroyStock, 3);
    EACH(DestroyFullStock, 3);
    EACH(DestroyOverflow, 3);
    EACH(WaitStock, 2);
    EACH(WaitFullStock, 2);
    EACH(WaitOverflow, 2);
    FINDS(TakeAndAsk, no_full_barrier);
    FINDS(TakeAndAsk, no_full_barrier_0);
    FINDS(DestroyFullStockAtOnce, none);
    FINDS(DestroyOverflowAtOnce, none);
    FINDS(WaitStock, no_heavy_barrier);
    FINDS(AskThenWait, none);
    return searches.exit_code();
}
