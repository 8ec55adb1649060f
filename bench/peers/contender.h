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
#include <vector>

namespace ndispool::bench {

inline constexpr std::size_t descriptor_bytes = 256;

struct NoThreads {
    void thread_begins() {}
    void thread_ends() {}
};

// A contender that consists of a pointer: a View, which can be copied, and its end.
template <class View> struct Owned : View {
    explicit Owned(unsigned capacity) : View(capacity) {}
    ~Owned() { View::destroy(); }
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
};

// What a loop works with: a pointer of its own, as a program has it in a variable, or whatever else as it is.
template <class Contender> struct LocalOf { using Type = Contender&; };
template <class View> struct LocalOf<Owned<View>> { using Type = View; };
template <class Contender> using Local = typename LocalOf<Contender>::Type;

// Through the public header, as a program uses it.
class PoolView : NoThreads {
  public:
    using NoThreads::thread_begins, NoThreads::thread_ends;
    explicit PoolView(unsigned capacity)
        : pool_(pool::Pool::create({.descriptors = capacity, .size = descriptor_bytes}).release()) {}
    void destroy() { delete pool_; }
    void* allocate() { return pool_->allocate(); }
    void free(void* descriptor) { pool_->free(descriptor); }
    bool allocate(std::span<void*> out) { return pool_->allocate(out) == out.size(); }
    void free(std::span<void* const> descriptors) { pool_->free(descriptors); }
    std::size_t in_use() { return pool_->in_use(); }

  private:
    pool::Pool* pool_;
};
using Ndispool = Owned<PoolView>;

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
