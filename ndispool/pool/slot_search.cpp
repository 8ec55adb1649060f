// Searches executions of a slot alone (detail/slot.h): thread 0 owns it, thread 1 wants its stock.
//
//   slot_search [FACTOR]    see Searches
#include "ndispool/pool/search.h"

namespace ndispool::pool {
namespace {

template <class Derived> struct SlotScenario : rl::test_suite<Derived, 2> {
    using Slot = detail::Slot<Model>;
    std::unique_ptr<Slot> slot;
    Signatures signatures;
    unsigned owner_took = 0, other_took = 0, owner_gave = 0;

    void before() {
        Model::start();
        slot = std::make_unique<Slot>();
        slot->set_slack(0);
        slot->set_limit(2, 0);
        self().fill();
    }
    void fill() {}
    void thread(unsigned index) {
        Model::begin<2>(index);
        index == 0 ? self().owner() : self().other();
    }
    void after() { RL_ASSERT(slot->stock() == self().filled + owner_gave - owner_took - other_took); }

    void owner_takes() {
        void* descriptor;
        if (slot->take(descriptor)) {
            signatures.sign(descriptor, 10);
            ++owner_took;
            signatures.expect(descriptor, 10);
        }
    }
    void owner_gives(unsigned index) {
        signatures.sign(row_of(3).at(index), 10);
        owner_gave += slot->give(row_of(3).at(index));
    }
    void freeze() {
        slot->block();
        Model::heavy_barrier();
        while (!slot->quiet())
            Model::relax();
    }
    void steal(unsigned most) {
        slot->drop_oldest(std::min(most, slot->stock()), [this](void* descriptor) {
            signatures.sign(descriptor, 20);
            ++other_took;
            signatures.expect(descriptor, 20);
        });
    }

  private:
    Derived& self() { return static_cast<Derived&>(*this); }
};

// Either has the one there is.
struct TakeOrSteal : SlotScenario<TakeOrSteal> {
    static constexpr unsigned filled = 1;
    void fill() {
        signatures.sign(row_of(3).at(0), 0);
        slot->put(row_of(3).at(0));
    }
    void owner() { owner_takes(); }
    void other() {
        freeze();
        steal(2);
        slot->unblock();
    }
    void after() {
        SlotScenario<TakeOrSteal>::after();
        RL_ASSERT(owner_took + other_took == 1);
    }
};

// What the owner gives is stolen, or stays.
struct GiveOrSteal : SlotScenario<GiveOrSteal> {
    static constexpr unsigned filled = 0;
    void owner() { owner_gives(0); }
    void other() {
        freeze();
        steal(2);
        slot->unblock();
    }
};

// The owner takes what another put there. It sees all of it, or nothing.
struct TakeWhatIsPut : SlotScenario<TakeWhatIsPut> {
    static constexpr unsigned filled = 1;
    void fill() {}
    void owner() { owner_takes(); }
    void other() {
        freeze();
        signatures.sign(row_of(3).at(1), 20);
        slot->put(row_of(3).at(1));
        slot->unblock();
    }
};

// The older of two was stolen, and the other one is in its place; the owner does not look for it where it was.
struct TakeAfterSteal : SlotScenario<TakeAfterSteal> {
    static constexpr unsigned filled = 2;
    void fill() {
        for (unsigned index : {0U, 1U}) {
            signatures.sign(row_of(3).at(index), 0);
            slot->put(row_of(3).at(index));
        }
    }
    void owner() {
        owner_takes();
        owner_takes();
    }
    void other() {
        freeze();
        steal(1);
        slot->unblock();
    }
};

} // namespace
} // namespace ndispool::pool

int main(int count, char** arguments) {
    using namespace ndispool::pool;
    Searches searches(factor_of(count, arguments));
#define EACH(SCENARIO)                                                                                                 \
    searches.bounded<SCENARIO>(#SCENARIO, 3);                                                                          \
    searches.random<SCENARIO>(#SCENARIO, 100000)
#define FINDS(SCENARIO, FAULT) searches.finds<SCENARIO>(Fault::FAULT, #FAULT, #SCENARIO)
    searches.all<TakeOrSteal>("TakeOrSteal");
    searches.all<GiveOrSteal>("GiveOrSteal");
    searches.all<TakeWhatIsPut>("TakeWhatIsPut");
    EACH(TakeOrSteal);
    EACH(GiveOrSteal);
    EACH(TakeWhatIsPut);
    EACH(TakeAfterSteal);
    FINDS(TakeOrSteal, no_heavy_barrier);
    FINDS(GiveOrSteal, no_heavy_barrier);
    FINDS(TakeOrSteal, no_light_barrier);
    FINDS(GiveOrSteal, no_light_barrier);
    FINDS(TakeAfterSteal, weak_unblock);
    FINDS(TakeWhatIsPut, weak_unblock);
    FINDS(TakeAfterSteal, weak_look);
    FINDS(TakeWhatIsPut, weak_look);
    FINDS(GiveOrSteal, weak_leave);
    FINDS(GiveOrSteal, weak_quiet);
    return searches.exit_code();
}
