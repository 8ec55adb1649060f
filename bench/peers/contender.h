// Pools and allocators that are compared with each other: ours, and the floor. peers.h has the others. A contender is a class with
//   Contender(capacity)   that many descriptors of descriptor_bytes
//   void* allocate()      null: dry
//   void free(void*)
// and, if it can, bulk versions and std::size_t in_use(). thread_begins() is called in a second thread before it takes part.
#pragma once

#include "ndispool/pool.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

namespace ndispool::bench {

inline constexpr std::size_t descriptor_bytes = 256;

struct NoThreads {
    void thread_begins() {}
    void thread_ends() {}
};

// Through the public header, as a program uses it. As with DPDK's, a copy is another pointer to the same pool, for a loop's own use.
class Ndispool : NoThreads {
  public:
    using NoThreads::thread_begins, NoThreads::thread_ends;
    explicit Ndispool(unsigned capacity)
        : pool_(pool::Pool::create({.descriptors = capacity, .size = descriptor_bytes}).release()) {}
    void* allocate() { return pool_->allocate(); }
    void free(void* descriptor) { pool_->free(descriptor); }
    bool allocate(std::span<void*> out) { return pool_->allocate(out) == out.size(); }
    void free(std::span<void* const> descriptors) { pool_->free(descriptors); }
    std::size_t in_use() { return pool_->in_use(); }

  private:
    pool::Pool* pool_; // to the end of the program
};

// What a loop works with: a pointer of its own to a pool, as a program has it in a variable, or whatever else as it is.
template <class Contender>
using Local = std::conditional_t<std::is_trivially_copy_constructible_v<Contender>, Contender, Contender&>;

// The floor: what taking and giving would cost if there were one thread only.
class ArrayStack : NoThreads {
  public:
    using NoThreads::thread_begins, NoThreads::thread_ends;
    explicit ArrayStack(unsigned capacity) : memory_(capacity * descriptor_bytes) {
        for (unsigned i = 0; i < capacity; ++i)
            free_.push_back(&memory_[i * descriptor_bytes]);
        left_ = capacity;
    }
    void* allocate() { return left_ != 0 ? free_[--left_] : nullptr; }
    void free(void* descriptor) { free_[left_++] = descriptor; }

  private:
    std::vector<std::byte> memory_;
    std::vector<void*> free_;
    std::size_t left_ = 0;
};

class ArrayStackBehindCall : public ArrayStack {
  public:
    using ArrayStack::ArrayStack;
    [[gnu::noinline]] void* allocate() { return ArrayStack::allocate(); }
    [[gnu::noinline]] void free(void* descriptor) { ArrayStack::free(descriptor); }
};

class SpinLocked : public ArrayStack {
  public:
    using ArrayStack::ArrayStack;
    void* allocate() {
        lock();
        void* descriptor = ArrayStack::allocate();
        locked_.clear(std::memory_order_release);
        return descriptor;
    }
    void free(void* descriptor) {
        lock();
        ArrayStack::free(descriptor);
        locked_.clear(std::memory_order_release);
    }

  private:
    void lock() {
        while (locked_.test_and_set(std::memory_order_acquire))
            while (locked_.test(std::memory_order_relaxed))
                __builtin_ia32_pause();
    }
    alignas(64) std::atomic_flag locked_ = ATOMIC_FLAG_INIT;
};

} // namespace ndispool::bench
