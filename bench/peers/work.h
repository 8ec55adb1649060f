// The work that contenders are given. Each returns nanoseconds for one allocation and its free (or one question), in the
// wall-clock time of one thread. Every descriptor is written to, as whoever takes one does.
#pragma once

#include "bench/peers/contender.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <pthread.h>
#include <sched.h>
#include <span>
#include <thread>

namespace ndispool::bench {

inline constexpr std::size_t burst = 32;

inline void touch(void* descriptor) {
    *static_cast<volatile std::uint64_t*>(descriptor) = 1;
}

inline void run_on(unsigned processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set); // where there is only one, both run there
}

template <class Work> double nanoseconds(Work work) {
    // The stack is elsewhere each time: whether an array on it lies at the same place of a page as a contender's memory, which
    // costs time, is not for one run to decide.
    static std::uint32_t random = 1; // by steps, a round would see few places
    random = random * 1664525 + 1013904223;
    *static_cast<volatile char*>(__builtin_alloca((random >> 26) * 64 + 1)) = 0;
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count();
}

// Another thread does `other` over and over for as long as `work` runs.
template <class Contender, class Work, class Other> double beside(Contender& contender, Work work, Other other) {
    std::atomic<bool> running = false, done = false;
    std::jthread second([&] {
        run_on(1);
        contender.thread_begins();
        while (!done.load(std::memory_order_relaxed)) {
            other();
            running.store(true, std::memory_order_relaxed);
        }
        contender.thread_ends();
    });
    while (!running.load(std::memory_order_relaxed))
        ;
    const double time = nanoseconds(work);
    done = true;
    return time;
}

// The loops are functions of their own, so that what surrounds them takes no registers from them.

template <class Contender> [[gnu::noinline]] void pairs(Contender& shared, std::size_t count) {
    Local<Contender> contender = shared;
    for (std::size_t i = 0; i < count; ++i) {
        void* descriptor = contender.allocate();
        touch(descriptor);
        contender.free(descriptor);
    }
}

template <class Contender> double one_pair(Contender& contender, std::size_t count) {
    return nanoseconds([&] { pairs(contender, count); }) / static_cast<double>(count);
}

template <class Contender> [[gnu::noinline]] void bursts(Contender& shared, std::size_t count) {
    Local<Contender> contender = shared;
    std::array<void*, burst> held;
    for (std::size_t i = 0; i < count; ++i) {
        for (void*& descriptor : held) {
            descriptor = contender.allocate();
            touch(descriptor);
        }
        for (void* descriptor : held)
            contender.free(descriptor);
    }
}

template <class Contender> double thirty_two_each(Contender& contender, std::size_t count) {
    return nanoseconds([&] { bursts(contender, count / burst); }) / static_cast<double>(count);
}

template <class Contender> [[gnu::noinline]] void bulks(Contender& shared, std::size_t count) {
    Local<Contender> contender = shared;
    std::array<void*, burst> held;
    for (std::size_t i = 0; i < count; ++i) {
        if (!contender.allocate(std::span<void*>(held)))
            std::abort();
        for (void* descriptor : held)
            touch(descriptor);
        contender.free(std::span<void* const>(held));
    }
}

template <class Contender> double bulk(Contender& contender, std::size_t count) {
    return nanoseconds([&] { bulks(contender, count / burst); }) / static_cast<double>(count);
}

// Bursts on their way from one thread to another.
class Ring {
  public:
    using Burst = std::array<void*, burst>;
    Burst* to_fill() {
        const std::size_t at = filled_.load(std::memory_order_relaxed);
        return at - emptied_.load(std::memory_order_acquire) < bursts_.size() ? &bursts_[at % bursts_.size()] : nullptr;
    }
    void filled() { filled_.store(filled_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }
    Burst* to_empty() {
        const std::size_t at = emptied_.load(std::memory_order_relaxed);
        return at != filled_.load(std::memory_order_acquire) ? &bursts_[at % bursts_.size()] : nullptr;
    }
    void emptied() { emptied_.store(emptied_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

  private:
    alignas(64) std::atomic<std::size_t> filled_{0};
    alignas(64) std::atomic<std::size_t> emptied_{0};
    alignas(64) std::array<Burst, 8> bursts_{};
};

template <class Contender> double across(Contender& contender, std::size_t count) {
    Ring ring;
    const std::size_t bursts = count / burst;
    std::atomic<bool> ready = false;
    std::jthread second([&] {
        run_on(1);
        contender.thread_begins();
        ready = true;
        for (std::size_t i = 0; i < bursts; ++i) {
            Ring::Burst* full;
            while ((full = ring.to_empty()) == nullptr)
                __builtin_ia32_pause();
            for (void* descriptor : *full)
                touch(descriptor);
            contender.free(std::span<void* const>(*full));
            ring.emptied();
        }
        contender.thread_ends();
    });
    while (!ready)
        ;
    return nanoseconds([&] {
               for (std::size_t i = 0; i < bursts; ++i) {
                   Ring::Burst* empty;
                   while ((empty = ring.to_fill()) == nullptr)
                       __builtin_ia32_pause();
                   if (!contender.allocate(std::span<void*>(*empty)))
                       std::abort();
                   for (void* descriptor : *empty)
                       touch(descriptor);
                   ring.filled();
               }
               second.join();
           }) /
           static_cast<double>(count);
}

template <class Contender> double both(Contender& contender, std::size_t count) {
    return beside(
               contender, [&] { pairs(contender, count); }, [&] { pairs(contender, 64); }) /
           static_cast<double>(count);
}

// One allocation, one question, one free.
template <class Contender> double question(Contender& contender, std::size_t count) {
    std::size_t sum = 0;
    const double time = beside(
        contender,
        [&] {
            for (std::size_t i = 0; i < count; ++i) {
                void* descriptor = contender.allocate();
                touch(descriptor);
                sum += contender.in_use();
                contender.free(descriptor);
            }
        },
        [&] { pairs(contender, 64); });
    if (sum < count)
        std::abort(); // at least the one
    return time / static_cast<double>(count);
}

struct Tight {
    double nanoseconds = 0; // an allocation that succeeded, and its free
    double refused = 0;     // of allocations, though a descriptor was free
};

// Two threads hold 90 to 100 % of 256 descriptors, and how much of that each has changes all the time. Who allocates takes
// leave from `room` first, so there is a descriptor free for it as long as the call lasts: every refusal is a false one.
template <class Contender> Tight tight(Contender& contender, std::size_t count) {
    constexpr int capacity = 256, most_free = capacity / 10;
    alignas(64) std::atomic<int> room = capacity;
    struct Side {
        std::array<void*, capacity> held{};
        std::size_t size = 0, got = 0, refused = 0;
        std::uint32_t random;
    };
    const auto leave = [&room] {
        if (room.fetch_sub(1) > 0)
            return true;
        room.fetch_add(1);
        return false;
    };
    const auto allocate = [&](Side& side) {
        if (!leave())
            return false;
        if (void* descriptor = contender.allocate()) {
            touch(descriptor);
            side.held[side.size++] = descriptor;
            ++side.got;
            return true;
        }
        ++side.refused;
        room.fetch_add(1);
        return false;
    };
    const auto free = [&](Side& side) {
        contender.free(side.held[--side.size]);
        room.fetch_add(1);
    };
    // Some of one kind in a row: a burst that comes in, or goes out.
    const auto churn = [&](Side& side, std::size_t operations) {
        while (operations != 0) {
            side.random = side.random * 1664525 + 1013904223;
            const bool up = (side.random >> 31) != 0;
            for (std::uint32_t left = 1 + (side.random >> 16) % 13; left != 0 && operations != 0; --left, --operations)
                if (up ? !allocate(side) : side.size == 0 || room.load() >= most_free)
                    break;
                else if (!up)
                    free(side);
            operations -= operations != 0;
        }
    };
    Side here{.random = 1}, there{.random = 2};
    while (here.size < capacity - most_free && allocate(here))
        ;
    here.got = here.refused = 0;
    const double time = beside(
        contender, [&] { churn(here, count); }, [&] { churn(there, 64); });
    for (Side* side : {&here, &there})
        while (side->size != 0)
            free(*side);
    // Who waits for room gets less of it, so the two count together.
    const auto succeeded = static_cast<double>(here.got + there.got);
    const auto refused = static_cast<double>(here.refused + there.refused);
    return {2 * time / succeeded, refused / (succeeded + refused)};
}

} // namespace ndispool::bench
