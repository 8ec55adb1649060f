// Searches executions of the engine (engine.h) in which the pool becomes crowded (crowd.h) as soon as a thread needs what another
// keeps, and in some is so no more soon after.
//
//   crowd_search [FACTOR]    see Searches
#include "ndispool/pool/engine_scenario.h"

namespace ndispool::pool {
namespace {

template <std::uint32_t operations> struct Crowded : Model {
    static constexpr std::uint8_t bearable = 0;
    static constexpr std::uint32_t patience = operations;
};
using Long = Crowded<100>;
using Short = Crowded<2>;

// A crowd as it must not be.
struct CountsLate : Long {}; // what it gave, when others can take it already
struct OneByOne : Long {};   // looks at one shelf after the other, and then says that there is nothing
struct Forgets : Short {};   // what lies on shelves when the crowd is over

} // namespace

template <> bool Crowd<CountsLate>::give(Slot& own, std::span<void* const> descriptors) noexcept {
    {
        std::lock_guard held(List::shelf_of(own));
        if (!List::shelf_of(own).is_open())
            return false;
        List::shelf_of(own).put(index_of(descriptors.front()));
    }
    own.count_frees(1);
    return true;
}

template <> void Crowd<OneByOne>::gather(const Slot*, std::size_t) noexcept {}
template <> void Crowd<OneByOne>::gather_all(const Slot* own) noexcept {
    list_.for_each_but(own, [this](Slot& slot) {
        std::lock_guard held(List::shelf_of(slot));
        drop(List::shelf_of(slot), List::shelf_of(slot).size());
    });
}

template <> void Crowd<Forgets>::end() noexcept {
    on_.store(false, std::memory_order::relaxed);
    list_.for_each([](Slot& slot) {
        {
            std::lock_guard held(List::shelf_of(slot));
            List::shelf_of(slot).drop_oldest(List::shelf_of(slot).size(), [](std::uint16_t) {});
            List::shelf_of(slot).close();
        }
        slot.unblock();
    });
}

namespace {

// The pool is crowded from the beginning: thread 0 gave back what thread 1 needed.
template <class Derived, int count, class M> struct CrowdScenario : EngineScenario<Derived, count, M> {
    void crowd() {
        std::array<void*, Derived::descriptors> all;
        for (void*& descriptor : all)
            descriptor = this->take(0);
        for (void* descriptor : all)
            this->give(0, descriptor);
        this->take_and_give(1);
    }
    void prepare() { crowd(); }
};

template <int count, int turns, class M>
struct StrictInCrowd : CrowdScenario<StrictInCrowd<count, turns, M>, count, M> {
    static constexpr unsigned descriptors = count, held = 0;
    void run(unsigned thread) {
        for (int turn = 0; turn < turns; ++turn)
            this->take_and_give(thread);
    }
};

// Two want one each, of two that a third has on its shelf.
template <class M> struct FromAnother : CrowdScenario<FromAnother<M>, 3, M> {
    static constexpr unsigned descriptors = 2, held = 0;
    void run(unsigned thread) {
        if (thread != 1)
            this->take_and_give(thread);
    }
};

// One is out all the time, another comes and goes.
template <class M> struct ExactInCrowd : CrowdScenario<ExactInCrowd<M>, 3, M> {
    static constexpr unsigned descriptors = 2, held = 1;
    void prepare() {
        this->crowd();
        static_cast<void>(this->take(0));
    }
    void run(unsigned thread) {
        if (thread == 2) {
            const std::uint64_t used = this->in_use();
            RL_ASSERT(used == 1 || used == 2);
        } else if (void* descriptor = this->take(thread)) {
            this->give(thread, descriptor);
        }
    }
};

// Who gives one back too late for a bulk, which was refused it, finds in use what the bulk got.
template <class M> struct BulkFallsShort : CrowdScenario<BulkFallsShort<M>, 2, M> {
    static constexpr unsigned descriptors = 2;
    unsigned held = 0;
    void* out = nullptr;
    std::uint64_t used = 0;
    void prepare() {
        this->crowd();
        out = this->take(1);
    }
    void run(unsigned thread) {
        if (thread == 0) {
            std::array<void*, 2> two;
            held = static_cast<unsigned>(this->engine->take(this->slots[0], two));
        } else {
            this->give_signed(1, out);
            used = this->in_use();
        }
    }
    void after() {
        RL_ASSERT(held == 2 || used == 1);
        EngineScenario<BulkFallsShort, 2, M>::after();
    }
};

template <class M> struct LeaveCrowd : CrowdScenario<LeaveCrowd<M>, 3, M> {
    static constexpr unsigned descriptors = 3, held = 0;
    void run(unsigned thread) {
        this->take_and_give(thread);
        if (thread == 0)
            this->engine->leave(*this->slots[0]);
        else if (thread == 1)
            this->take_and_give(thread);
    }
};

template <class M> struct WatchCrowd : CrowdScenario<WatchCrowd<M>, 2, M> {
    static constexpr unsigned descriptors = 2, held = 0;
    void* out = nullptr;
    bool saw_it = false;
    unsigned seen = 0;
    void prepare() {
        this->crowd();
        out = this->take(0);
    }
    void run(unsigned thread) {
        if (thread == 0) {
            this->give_signed(0, out);
        } else {
            this->engine->watch();
            seen = this->emptied;
            saw_it = this->in_use() == 0;
        }
    }
    void after() {
        RL_ASSERT(saw_it || this->emptied != seen);
        this->engine->unwatch();
        EngineScenario<WatchCrowd, 2, M>::after();
    }
};

} // namespace
} // namespace ndispool::pool

int main(int count, char** arguments) {
    using namespace ndispool::pool;
    using BeginsTwo = Strict<2, 2, Long>;
    using ComesAndGoes = Strict<2, 2, Short>;
    using BeginsThree = Strict<3, 1, Long>;
    using TwoForOne = Contend<2, 1, Long>;
    using ThreeForTwo = Contend<3, 2, Long>;
    using CrowdOfTwo = StrictInCrowd<2, 2, Long>;
    using CrowdOfThree = StrictInCrowd<3, 1, Long>;
    using Ends = StrictInCrowd<2, 2, Short>;
    using Fetched = FromAnother<Long>;
    using Exact = ExactInCrowd<Long>;
    using BulkShort = BulkFallsShort<Long>;
    using Leave = LeaveCrowd<Long>;
    using Watch = WatchCrowd<Long>;
    Searches searches(factor_of(count, arguments));
#define EACH(SCENARIO, SWITCHES)                                                                                       \
    searches.bounded<SCENARIO>(#SCENARIO, SWITCHES);                                                                   \
    searches.random<SCENARIO>(#SCENARIO, 5000)
    EACH(BeginsTwo, 2);
    EACH(ComesAndGoes, 2);
    EACH(BeginsThree, 1);
    EACH(TwoForOne, 2);
    EACH(ThreeForTwo, 1);
    EACH(CrowdOfTwo, 2);
    EACH(CrowdOfThree, 1);
    EACH(Ends, 2);
    EACH(Fetched, 1);
    EACH(Exact, 1);
    EACH(BulkShort, 2);
    EACH(Leave, 1);
    EACH(Watch, 2);
    searches.finds<BeginsTwo>(Fault::no_heavy_barrier, "no_heavy_barrier", "BeginsTwo");
    searches.finds<BulkShort>(Fault::no_full_barrier, "no_full_barrier", "BulkShort");
    searches.finds<StrictInCrowd<2, 2, Forgets>>(Fault::none, "Forgets", "Ends");
    searches.finds<FromAnother<OneByOne>>(Fault::none, "OneByOne", "Fetched");
    searches.finds<ExactInCrowd<CountsLate>>(Fault::none, "CountsLate", "Exact");
    return searches.exit_code();
}
