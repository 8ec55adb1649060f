// What the searches over the engine share: threads that each have a slot of one engine, and what is true in the end.
//   Callers:   *_search.cpp. `Derived` says how many descriptors there are, how many of them are `held` in the end, and what
//              each thread does: run(thread).
#pragma once

#include "ndispool/pool/search.h"

namespace ndispool::pool {

template <class Derived, int count, class M = Model> struct EngineScenario : rl::test_suite<Derived, count> {
    using Engine = pool::Engine<M>;
    using Slot = detail::Slot<M>;
    typename Engine::Counters beside;
    std::unique_ptr<Engine> engine;
    std::array<Slot*, count> slots{};
    Signatures signatures;
    unsigned refusals = 0, emptied = 0;

    void before() {
        M::start();
        engine = std::make_unique<Engine>(row_of(Derived::descriptors), beside, true);
        for (unsigned i = 0; i < count; ++i)
            if (Derived::joined(i))
                slots[i] = engine->join();
        self().prepare();
    }
    void prepare() {}
    static constexpr bool joined(unsigned) { return true; }
    void thread(unsigned index) {
        M::template begin<count>(index);
        self().run(index);
    }

    // What pool.h does.
    void* take(unsigned thread) {
        void* descriptor;
        if (slots[thread] == nullptr || !slots[thread]->take(descriptor))
            if (engine->take(slots[thread], {&descriptor, 1}) == 0)
                return nullptr;
        signatures.sign(descriptor, thread);
        return descriptor;
    }
    void give(unsigned thread, void* descriptor) {
        signatures.expect(descriptor, thread);
        give_signed(thread, descriptor);
    }
    void give_signed(unsigned thread, void* descriptor) {
        if (slots[thread] == nullptr || !slots[thread]->give(descriptor))
            engine->give(slots[thread], {&descriptor, 1}, [this] { ++emptied; });
    }
    std::uint64_t in_use() {
        M::full_barrier();
        const auto sum = engine->try_sum();
        return (sum ? *sum : engine->frozen_sum()).used();
    }
    void take_and_give(unsigned thread) {
        void* descriptor = take(thread);
        RL_ASSERT(descriptor != nullptr);
        give(thread, descriptor);
    }
    // Nothing is lost or there twice.
    void after() {
        RL_ASSERT(engine->try_sum()->used() == self().held);
        std::array<int, 3> free{};
        unsigned all = 0;
        engine->for_each_free([&](std::uint64_t index) {
            RL_ASSERT(++free[index] == 1);
            ++all;
        });
        RL_ASSERT(all + self().held == Derived::descriptors);
    }

  private:
    Derived& self() { return static_cast<Derived&>(*this); }
};

// One descriptor for each thread: none is ever refused.
template <int count, int turns, class M = Model> struct Strict : EngineScenario<Strict<count, turns, M>, count, M> {
    static constexpr unsigned descriptors = count, held = 0;
    void run(unsigned thread) {
        for (int turn = 0; turn < turns; ++turn)
            this->take_and_give(thread);
    }
};

// More threads than descriptors: some are refused, but not all of them.
template <int count, unsigned number, class M = Model>
struct Contend : EngineScenario<Contend<count, number, M>, count, M> {
    static constexpr unsigned descriptors = number, held = 0;
    unsigned served = 0;
    void run(unsigned thread) {
        if (void* descriptor = this->take(thread)) {
            ++served;
            this->give(thread, descriptor);
        }
    }
    void after() {
        RL_ASSERT(served >= number);
        EngineScenario<Contend, count, M>::after();
    }
};

} // namespace ndispool::pool
