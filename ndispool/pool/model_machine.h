// A machine for detail::Slot and Engine on which Relacy decides what happens: which thread goes on at every atomic
// operation, and which of the values that the memory model allows a load returns. A search over these decisions runs the
// engine's own source.
//
//   Callers:   *_search.cpp, which are programs of their own: relacy.hpp redefines names of the standard library. It is
//              included last.
//   Holds:     what the orders and barriers that the engine asks for promise, and no more, but for what Relacy cannot
//              do: a load is not made before the loads that precede it (an acquire that orders loads is missed where it
//              makes stale values impossible), and a load returns one of the last three values.
//     light    A light barrier stops the compiler only. A store that says P::enter may therefore be delayed to the next
//              light barrier or atomic store of its thread; on the machine it may still be invisible to others.
//     heavy    membarrier(2): the caller passes a full barrier, then every other thread at whatever place it is, then
//              the caller again. Modelled as a seq_cst fence in each.
//     lock     Taking the engine's lock is a full barrier, as native.h says. Taking a Mutex is not.
//   Not here:  races on members that are neither Atomic nor Plain, which the lock guards: the thread sanitizer sees those.
#pragma once

#include "ndispool/pool/engine.h"

#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <queue>
#include <set>
#include <sstream>
#include <stack>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#else
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#endif
#include <relacy/relacy.hpp>
#if defined(__clang__)
#pragma clang diagnostic pop
#else
#pragma GCC diagnostic pop
#endif
#undef $
#undef new
#undef delete
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef assert
#undef errno

namespace ndispool::pool {

// What is wrong with the machine, so that a search can show that it would notice.
enum class Fault {
    none,
    no_heavy_barrier,
    no_light_barrier,
    no_full_barrier,
    weak_unblock,      // release of the base
    weak_look,         // acquire of the base
    weak_leave,        // release of the counters, with the mark in them
    weak_quiet,        // acquire of the mark
    weak_sum,          // acquire of the counters
    weak_add,          // release of the list of slots
    weak_first,        // acquire of it
    no_full_barrier_0, // in thread 0
    no_lock_barrier,   // in who takes the engine's lock
};

inline Fault fault = Fault::none;

struct Delayed {
    rl::atomic<std::uint64_t>* counter = nullptr;
    std::uint64_t value = 0;
};

// Relacy would try, for each memory that is given back, whether it is used again or not.
struct PlainMemory : rl::context {
    static void begin() { rl::ctx().*(&PlainMemory::disable_alloc_) = 1; }
};

struct Model {
    static constexpr std::uint32_t magazine = 1;
    static constexpr std::uint32_t calm = 2;
    static constexpr std::uint32_t share = 1;
    static constexpr int tries = 2;
    static constexpr std::uint8_t bearable = 0xFE; // no crowd
    static constexpr std::uint32_t patience = 2;

    // Nothing else uses these, so what says them is known by them.
    static constexpr std::memory_order enter = std::memory_order::consume, look = std::memory_order::acq_rel;

    static constexpr int most_threads = 3;
    // The threads of the run, as far as they began.
    inline static std::array<rl::thread_info_base*, most_threads> threads{};
    // Of each thread, the store that says that it is inside, but not for others to see yet.
    inline static std::array<Delayed, most_threads> delayed{};

    static void start() {
        PlainMemory::begin();
        threads = {};
        delayed = {};
    }
    // First of all in each thread. What began it orders it after what was done before.
    template <int count> static void begin(unsigned thread) {
        threads[thread] = rl::ctx().threadx_;
        pass_barrier<count>(threads[thread]);
    }

    // Of the calling thread. What happened is seen by it from now on, and what it did by others that pass one.
    template <int count> static void pass_own_barrier() { pass_barrier<count>(rl::ctx().threadx_); }

    static void light_barrier() {}
    static void relax() { rl::yield(1, RL_INFO); }
    static void full_barrier() {
        if (fault != Fault::no_full_barrier && !(fault == Fault::no_full_barrier_0 && rl::ctx().current_thread() == 0))
            rl::atomic_thread_fence(rl::mo_seq_cst, RL_INFO);
    }
    static void heavy_barrier() {
        if (fault == Fault::no_heavy_barrier)
            return;
        rl::context& machine = rl::ctx();
        machine.sched();
        if (machine.get_thread_count() == 2)
            pass_barriers<2>(machine.threadx_);
        else
            pass_barriers<3>(machine.threadx_);
    }

    class Mutex {
      public:
        void lock() { mutex_.lock(RL_INFO); }
        bool try_lock() { return mutex_.try_lock(RL_INFO); }
        void unlock() { mutex_.unlock(RL_INFO); }

      private:
        rl::mutex mutex_;
    };
    class Lock : public Mutex {
      public:
        void lock() {
            Mutex::lock();
            if (fault != Fault::no_lock_barrier)
                rl::atomic_thread_fence(rl::mo_seq_cst, RL_INFO);
        }
    };

    template <class T> class Atomic {
      public:
        Atomic(T value) : value_(value) {}
        T load(std::memory_order order) const {
            made_.look();
            return value_.load(load_order(order), RL_INFO);
        }
        void store(T value, std::memory_order order) {
            made_.look();
            Delayed& late = delayed[rl::ctx().current_thread()];
            if constexpr (is_counter)
                if (fault == Fault::no_light_barrier && order == enter) {
                    late = {&value_, value};
                    return;
                }
            if (late.counter != nullptr)
                std::exchange(late.counter, nullptr)->store(late.value, rl::mo_relaxed, RL_INFO);
            value_.store(value, store_order(order), RL_INFO);
        }
        T fetch_add(T value, std::memory_order order) { return value_.fetch_add(value, change_order(order), RL_INFO); }
        T fetch_sub(T value, std::memory_order order) { return value_.fetch_sub(value, change_order(order), RL_INFO); }
        bool compare_exchange_weak(T& old, T value, std::memory_order) {
            return value_.compare_exchange_strong(old, value, rl::mo_relaxed, RL_INFO);
        }

      private:
        static constexpr bool is_base = std::is_same_v<T, unsigned long long>;
        static constexpr bool is_counter = std::is_same_v<T, std::uint64_t>;
        static constexpr bool is_list = std::is_pointer_v<T> && !std::is_void_v<std::remove_pointer_t<T>>;

        static rl::memory_order load_order(std::memory_order order) {
            const bool weak =
                (fault == Fault::weak_look && is_base) || (fault == Fault::weak_quiet && is_counter && order == look) ||
                (fault == Fault::weak_sum && is_counter && order != look) || (fault == Fault::weak_first && is_list);
            return order == std::memory_order::relaxed || weak ? rl::mo_relaxed : rl::mo_acquire;
        }
        static rl::memory_order store_order(std::memory_order order) {
            const bool weak = (fault == Fault::weak_unblock && is_base) || (fault == Fault::weak_leave && is_counter) ||
                              (fault == Fault::weak_add && is_list);
            return order != std::memory_order::release || weak ? rl::mo_relaxed : rl::mo_release;
        }

        static rl::memory_order change_order(std::memory_order order) {
            return order == std::memory_order::seq_cst ? rl::mo_seq_cst : store_order(order);
        }

        // For Relacy everybody sees an atomic variable as it was made. Here who uses one that is not known to be made, which
        // is a counter of a slot first of all, is in a race.
        struct Made {
            rl::var<int> value{1};
            void look() const { static_cast<void>(static_cast<int>(value(RL_INFO))); }
        };
        struct NotAsked {
            void look() const {}
        };

        rl::atomic<T> value_;
        std::conditional_t<is_counter, Made, NotAsked> made_;
    };

    // Two uses, one of them a write, that are not ordered are an error.
    template <class T> class Plain {
      public:
        operator T() const { return value_(RL_INFO).load(); }
        Plain& operator=(T value) {
            value_(RL_INFO).store(value);
            return *this;
        }

      private:
        rl::var<T> value_;
    };

    template <class To, class From> static void copy(To* to, From* from, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            to[i] = static_cast<void*>(from[i]);
    }

  private:
    template <int count> static void pass_barrier(rl::thread_info_base* thread) {
        static_cast<rl::thread_info<count>*>(thread)->atomic_thread_fence_seq_cst(rl::ctx().seq_cst_fence_order_);
    }
    template <int count> static void pass_barriers(rl::thread_info_base* caller) {
        pass_barrier<count>(caller);
        for (rl::thread_info_base* thread : threads)
            if (thread != nullptr && thread != caller)
                pass_barrier<count>(thread);
        pass_barrier<count>(caller);
    }
};

} // namespace ndispool::pool
