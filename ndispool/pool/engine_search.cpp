// Searches executions of the engine (engine.h) of two and three threads on pools of one to three descriptors.
//
//   engine_search [FACTOR]    see Searches
#include "ndispool/pool/engine_scenario.h"

namespace ndispool::pool {
namespace {

// The engine with one of the three passes of read() left out.
struct NoLastPass : Model {};
struct NoFirstPass : Model {};

} // namespace

template <> std::optional<Sum> Engine<NoLastPass>::read(bool) const noexcept {
    Sum sum;
    slots_.for_each(
        [&](const Slot& slot) { sum.frees += slot.frees.load(std::memory_order::acquire) & ~detail::inside; });
    slots_.for_each([&](const Slot& slot) {
        sum.allocations += slot.allocations.load(std::memory_order::acquire) & ~detail::inside;
    });
    return sum;
}

template <> std::optional<Sum> Engine<NoFirstPass>::read(bool) const noexcept {
    Sum sum;
    slots_.for_each([&](const Slot& slot) {
        sum.allocations += slot.allocations.load(std::memory_order::acquire) & ~detail::inside;
    });
    slots_.for_each(
        [&](const Slot& slot) { sum.frees += slot.frees.load(std::memory_order::acquire) & ~detail::inside; });
    return sum;
}

namespace {

// One descriptor; who knows that it is back gets it.
struct StrictInTurn : EngineScenario<StrictInTurn, 2> {
    static constexpr unsigned descriptors = 1, held = 0;
    Model::Atomic<void*> back{nullptr};
    void run(unsigned thread) {
        if (thread == 0) {
            take_and_give(0);
            back.store(this, std::memory_order::release);
        } else if (back.load(std::memory_order::acquire) != nullptr) {
            take_and_give(1);
        }
    }
};

// What a thread kept when it ended is there for others, at every instant.
struct LeaveOrSteal : EngineScenario<LeaveOrSteal, 2> {
    static constexpr unsigned descriptors = 2, held = 0;
    void run(unsigned thread) {
        take_and_give(thread);
        if (thread == 0)
            engine->leave(*slots[0]);
        else
            take_and_give(thread);
    }
};

// One is out all the time, another comes and goes.
template <bool frozen, class M = Model> struct Exact : EngineScenario<Exact<frozen, M>, 2, M> {
    static constexpr unsigned descriptors = 2, held = 1;
    void prepare() { static_cast<void>(this->take(0)); }
    void run(unsigned thread) {
        if (thread == 0) {
            this->take_and_give(0);
            this->take_and_give(0);
        } else {
            const std::uint64_t used = frozen ? this->engine->frozen_sum().used() : this->in_use();
            RL_ASSERT(used == 1 || used == 2);
        }
    }
};

// One is out all the time, another goes from hand to hand: it is taken by the one, given back by the other, and taken again
// by the first. Never are there less than one out, or more than two, whatever is seen of whose counters.
template <class M = Model> struct ExactHandedOver : EngineScenario<ExactHandedOver<M>, 3, M> {
    static constexpr unsigned descriptors = 3, held = 2;
    typename M::template Atomic<void*> there{nullptr}, back{nullptr};
    void prepare() { static_cast<void>(this->take(0)); }
    void run(unsigned thread) {
        if (thread == 0) {
            there.store(this->take(0), std::memory_order::release);
            static_cast<void>(wait(back));
            RL_ASSERT(this->take(0) != nullptr);
        } else if (thread == 1) {
            this->give_signed(1, wait(there));
            back.store(this, std::memory_order::release);
        } else {
            const std::uint64_t used = this->in_use();
            RL_ASSERT(used == 1 || used == 2);
        }
    }

  private:
    static void* wait(const typename M::template Atomic<void*>& box) {
        for (;;) {
            if (void* const found = box.load(std::memory_order::acquire))
                return found;
            M::relax();
        }
    }
};

// Who reads that all are back sees what was done before the frees.
struct SeesWhatHoldersDid : EngineScenario<SeesWhatHoldersDid, 2> {
    static constexpr unsigned descriptors = 2, held = 0;
    rl::var<int> done{0};
    void* out = nullptr;
    void prepare() { out = take(0); }
    void run(unsigned thread) {
        if (thread == 0) {
            done(RL_INFO) = 1;
            give_signed(0, out);
        } else if (in_use() == 0) {
            const int seen = done(RL_INFO);
            RL_ASSERT(seen == 1);
        }
    }
};

// A slot comes to the list while another thread asks.
struct JoinAndAsk : EngineScenario<JoinAndAsk, 2> {
    static constexpr unsigned descriptors = 2, held = 1;
    static constexpr bool joined(unsigned) { return false; }
    void run(unsigned thread) {
        if (thread == 0) {
            slots[0] = engine->join();
            RL_ASSERT(take(0) != nullptr);
        } else {
            RL_ASSERT(in_use() <= 1);
        }
    }
};

enum class Last { of_a_slot, without_slot, beside };

// Whoever waits for the pool to be empty either sees that it is, or is told later.
template <Last last> struct Watch : EngineScenario<Watch<last>, 2> {
    static constexpr unsigned descriptors = 2, held = 0;
    void* out = nullptr;
    bool saw_it = false;
    unsigned seen = 0;
    static constexpr bool joined(unsigned thread) { return thread == 0 && last != Last::without_slot; }
    void prepare() {
        if (last == Last::beside)
            Slot::count(this->beside.allocations, 1);
        else
            out = this->take(0);
        if (last == Last::of_a_slot)
            this->give_signed(0, std::exchange(out, this->take(0))); // nothing changes but for where the limit is
    }
    using Slot = detail::Slot<Model>;
    void run(unsigned thread) {
        if (thread == 1) {
            this->engine->watch();
            seen = this->emptied;
            saw_it = this->in_use() == 0;
        } else if (last == Last::beside) {
            Slot::count(this->beside.frees, 1);
            this->engine->freed_beside([this] { ++this->emptied; });
        } else {
            this->give_signed(0, out);
        }
    }
    void after() { // it sleeps until then
        RL_ASSERT(saw_it || this->emptied != seen);
        this->engine->unwatch();
        EngineScenario<Watch, 2>::after();
    }
};

} // namespace
} // namespace ndispool::pool

int main(int count, char** arguments) {
    using namespace ndispool::pool;
    using StrictOnce = Strict<2, 1>;
    using StrictTwice = Strict<2, 2>;
    using StrictThree = Strict<3, 1>;
    using TwoForOne = Contend<2, 1>;
    using ThreeForOne = Contend<3, 1>;
    using ThreeForTwo = Contend<3, 2>;
    using ExactSum = Exact<false>;
    using FrozenSum = Exact<true>;
    using WithoutLastPass = Exact<false, NoLastPass>;
    using WithoutFirstPass = Exact<false, NoFirstPass>;
    using HandedOver = ExactHandedOver<>;
    using HandedWithoutLastPass = ExactHandedOver<NoLastPass>;
    using HandedWithoutFirstPass = ExactHandedOver<NoFirstPass>;
    using WatchSlot = Watch<Last::of_a_slot>;
    using WatchSlotless = Watch<Last::without_slot>;
    using WatchBeside = Watch<Last::beside>;
    Searches searches(factor_of(count, arguments));
#define EACH(SCENARIO, SWITCHES)                                                                                       \
    searches.bounded<SCENARIO>(#SCENARIO, SWITCHES);                                                                   \
    searches.random<SCENARIO>(#SCENARIO, 5000)
#define FINDS(SCENARIO, FAULT) searches.finds<SCENARIO>(Fault::FAULT, #FAULT, #SCENARIO)
    EACH(StrictOnce, 2);
    EACH(StrictTwice, 2);
    EACH(StrictThree, 1);
    EACH(TwoForOne, 2);
    EACH(ThreeForOne, 1);
    EACH(ThreeForTwo, 1);
    EACH(StrictInTurn, 3);
    EACH(LeaveOrSteal, 2);
    EACH(ExactSum, 2);
    EACH(FrozenSum, 2);
    EACH(HandedOver, 1);
    EACH(SeesWhatHoldersDid, 3);
    EACH(JoinAndAsk, 2);
    EACH(WatchSlot, 3);
    EACH(WatchSlotless, 3);
    EACH(WatchBeside, 3);
    FINDS(StrictOnce, no_heavy_barrier);
    FINDS(FrozenSum, no_heavy_barrier);
    FINDS(WatchSlot, no_heavy_barrier);
    FINDS(StrictOnce, no_light_barrier);
    FINDS(LeaveOrSteal, no_light_barrier);
    FINDS(WatchBeside, no_full_barrier);
    FINDS(LeaveOrSteal, weak_unblock);
    FINDS(LeaveOrSteal, weak_look);
    FINDS(StrictOnce, weak_leave);
    FINDS(StrictOnce, weak_quiet);
    FINDS(SeesWhatHoldersDid, weak_leave);
    FINDS(ExactSum, weak_sum);
    FINDS(WithoutLastPass, none);
    FINDS(WithoutFirstPass, none);
    FINDS(HandedOver, weak_sum);
    FINDS(HandedWithoutLastPass, none);
    FINDS(HandedWithoutFirstPass, none);
    FINDS(JoinAndAsk, weak_add);
    FINDS(JoinAndAsk, weak_first);
    return searches.exit_code();
}
