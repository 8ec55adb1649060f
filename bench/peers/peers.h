// The peers: DPDK's pools, general allocators, and a lock-free stack. contender.h says what a contender is.
#pragma once

#include "bench/peers/contender.h"

#include <boost/lockfree/stack.hpp>
#include <cstdlib>
#include <dlfcn.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <span>
#include <stdexcept>
#include <string>
#include <tbb/scalable_allocator.h>
#include <vector>

namespace ndispool::bench {

// Once, before any pool of DPDK's.
inline void start_dpdk() {
    // No huge pages, no devices, no files: --in-memory would say the last too, but 22.11 refuses it beside --no-huge.
    std::string words[] = {"peers_bench", "--no-huge", "--no-pci",   "--no-shconf",      "--no-telemetry",
                           "-m",          "256",       "--lcores=0", "--log-level=error"};
    std::vector<char*> arguments;
    for (std::string& word : words)
        arguments.push_back(word.data());
    if (rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) < 0)
        throw std::runtime_error(std::string("rte_eal_init: ") + rte_strerror(rte_errno));
}

// A thread of ours needs a number from DPDK to have a cache of its own.
struct DpdkThread {
    void thread_begins() {
        if (rte_lcore_id() == LCORE_ID_ANY && rte_thread_register() != 0)
            throw std::runtime_error("DPDK does not register a thread");
    }
    void thread_ends() { rte_thread_unregister(); }
    static std::string new_name() {
        static int made = 0;
        return "pool" + std::to_string(made++);
    }
};

// Its users have it inlined. A cache may be two thirds of the pool at most.
template <unsigned Cache> class MempoolView : public DpdkThread {
  public:
    explicit MempoolView(unsigned capacity) {
        pool_ = rte_mempool_create(new_name().c_str(), capacity, descriptor_bytes, Cache, 0, nullptr, nullptr, nullptr,
                                   nullptr, SOCKET_ID_ANY, 0);
        if (pool_ == nullptr)
            throw std::runtime_error(std::string("rte_mempool_create: ") + rte_strerror(rte_errno));
    }
    void destroy() { rte_mempool_free(pool_); }
    void* allocate() {
        void* descriptor;
        return rte_mempool_get(pool_, &descriptor) == 0 ? descriptor : nullptr;
    }
    void free(void* descriptor) { rte_mempool_put(pool_, descriptor); }
    bool allocate(std::span<void*> out) { return rte_mempool_get_bulk(pool_, out.data(), out.size()) == 0; }
    void free(std::span<void* const> descriptors) {
        rte_mempool_put_bulk(pool_, descriptors.data(), descriptors.size());
    }
    std::size_t in_use() { return rte_mempool_in_use_count(pool_); }

  private:
    rte_mempool* pool_;
};

template <unsigned Cache> using DpdkMempool = Owned<MempoolView<Cache>>;

// Not as a View: GCC makes code of half the speed of it then.
class DpdkMbufs : public DpdkThread {
  public:
    explicit DpdkMbufs(unsigned capacity)
        : pool_(rte_pktmbuf_pool_create(new_name().c_str(), capacity, 512, 0, descriptor_bytes, SOCKET_ID_ANY)) {
        if (pool_ == nullptr)
            throw std::runtime_error("rte_pktmbuf_pool_create failed");
    }
    ~DpdkMbufs() { rte_mempool_free(pool_); }
    DpdkMbufs(const DpdkMbufs&) = delete;
    void* allocate() { return rte_pktmbuf_alloc(pool_); }
    void free(void* packet) { rte_pktmbuf_free(static_cast<rte_mbuf*>(packet)); }

  private:
    rte_mempool* pool_;
};

class BoostStack : NoThreads {
  public:
    using NoThreads::thread_begins, NoThreads::thread_ends;
    explicit BoostStack(unsigned capacity) : memory_(capacity * descriptor_bytes) {
        for (unsigned i = 0; i < capacity; ++i)
            free_.push(static_cast<void*>(&memory_[i * descriptor_bytes]));
    }
    void* allocate() {
        void* descriptor;
        return free_.pop(descriptor) ? descriptor : nullptr;
    }
    void free(void* descriptor) { free_.push(descriptor); }

  private:
    std::vector<std::byte> memory_;
    boost::lockfree::stack<void*, boost::lockfree::capacity<4096>> free_;
};

// General allocators have no capacity; they are here for comparison.
template <class Functions> class Allocator : NoThreads {
  public:
    using NoThreads::thread_begins, NoThreads::thread_ends;
    explicit Allocator(unsigned) {}
    void* allocate() { return Functions::allocate(descriptor_bytes); }
    void free(void* descriptor) { Functions::free(descriptor); }
};

struct Glibc {
    static void* allocate(std::size_t bytes) { return std::malloc(bytes); }
    static void free(void* memory) { std::free(memory); }
};

struct Tbb {
    static void* allocate(std::size_t bytes) { return scalable_malloc(bytes); }
    static void free(void* memory) { scalable_free(memory); }
};

// Linked, these two would replace malloc in the whole process.
template <class Library> struct Loaded {
    static void* allocate(std::size_t bytes) { return allocate_(bytes); }
    static void free(void* memory) { free_(memory); }

  private:
    static void* open() {
        void* library = dlopen(Library::file, RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr)
            throw std::runtime_error(dlerror());
        return library;
    }
    static inline void* const library_ = open();
    static inline const auto allocate_ = reinterpret_cast<void* (*)(std::size_t)>(dlsym(library_, Library::allocate));
    static inline const auto free_ = reinterpret_cast<void (*)(void*)>(dlsym(library_, Library::free));
};

struct Jemalloc {
    static constexpr const char* file = "libjemalloc.so.2";
    static constexpr const char* allocate = "malloc";
    static constexpr const char* free = "free";
};

struct Mimalloc {
    static constexpr const char* file = "libmimalloc.so.2";
    static constexpr const char* allocate = "mi_malloc";
    static constexpr const char* free = "mi_free";
};

} // namespace ndispool::bench
