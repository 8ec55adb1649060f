#include "ndispool/ndis/packet_pool_table.h"

#include "ndispool/pool.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace ndispool::ndis {

constinit PacketPool PacketPoolTable::slots_[capacity]{};

namespace {

// Lists are linked through PacketPool::next_.
struct Lists {
    std::mutex lock;
    PacketPool* unused = nullptr; // what came back last is reused first
    PacketPool* oldest_dead = nullptr;
    PacketPool* youngest_dead = nullptr;
    std::uint32_t dead = 0;
    std::uint32_t dying = 0;
    std::uint32_t touched = 0; // slots below this were used at least once
    std::uint64_t last_id = 0;
    std::uint64_t forgotten = 0;
};
constinit Lists lists;

} // namespace

PacketPool* PacketPoolTable::reserve() noexcept {
    std::lock_guard held(lists.lock);
    bury_missed();
    PacketPool* pool = nullptr;
    if (lists.unused != nullptr)
        lists.unused = (pool = lists.unused)->next_;
    else if (lists.touched < capacity)
        pool = &slots_[lists.touched++];
    else
        return nullptr;
    pool->state_.store(State::making, std::memory_order_relaxed); // the lock publishes it to whoever lists pools
    return pool;
}

void PacketPoolTable::publish(PacketPool& pool, const PoolRecord& asked) noexcept {
    std::lock_guard held(lists.lock);
    pool.record_ = asked;
    pool.record_.id = ++lists.last_id;
    pool.record_.handle = &pool;
    // Release pairs with the acquire in PacketPool::allocate, free and of: who sees live sees the rest.
    pool.state_.store(State::live, std::memory_order_release);
}

void PacketPoolTable::discard(PacketPool& pool) noexcept {
    std::lock_guard held(lists.lock);
    pool.state_.store(State::unused, std::memory_order_relaxed);
    pool.next_ = std::exchange(lists.unused, &pool);
}

bool PacketPoolTable::free(PacketPool& pool, std::uint32_t& left) noexcept {
    std::lock_guard held(lists.lock);
    bury_missed();
    if (pool.state_.load(std::memory_order_relaxed) != State::live)
        return false;
    // Before the count is read: a free that comes later sees it and buries the pool.
    pool.state_.store(State::dying, std::memory_order_seq_cst);
    ++lists.dying;
    left = pool.engine_->in_use();
    pool.record_.freed = true;
    pool.record_.in_use_when_freed = left;
    if (left == 0)
        bury(pool);
    return true;
}

void PacketPoolTable::bury_if_empty(PacketPool& pool) noexcept {
    std::lock_guard held(lists.lock);
    if (pool.state_.load(std::memory_order_relaxed) == State::dying && pool.engine_->in_use() == 0)
        bury(pool);
}

void PacketPoolTable::bury(PacketPool& pool) noexcept {
    pool.record_ = record_of(pool);
    pool.record_.alive = false;
    delete std::exchange(pool.engine_, nullptr);
    pool.state_.store(State::dead, std::memory_order_release);
    --lists.dying;
    pool.next_ = nullptr;
    if (lists.youngest_dead != nullptr)
        lists.youngest_dead->next_ = &pool;
    else
        lists.oldest_dead = &pool;
    lists.youngest_dead = &pool;
    if (++lists.dead > dead_pools_kept) {
        forget_oldest();
        ++lists.forgotten;
    }
}

void PacketPoolTable::bury_missed() noexcept {
    for (std::uint32_t i = 0; lists.dying != 0 && i < lists.touched; ++i)
        if (slots_[i].state_.load(std::memory_order_relaxed) == State::dying && slots_[i].engine_->in_use() == 0)
            bury(slots_[i]);
}

void PacketPoolTable::forget_oldest() noexcept {
    PacketPool* pool = lists.oldest_dead;
    lists.oldest_dead = pool->next_;
    if (lists.oldest_dead == nullptr)
        lists.youngest_dead = nullptr;
    --lists.dead;
    pool->state_.store(State::unused, std::memory_order_relaxed);
    pool->next_ = std::exchange(lists.unused, pool);
}

std::uint32_t PacketPoolTable::left_in(const PacketPool& pool) noexcept {
    std::lock_guard held(lists.lock);
    return pool.state_.load(std::memory_order_relaxed) == State::dying ? pool.engine_->in_use() : 0;
}

void PacketPoolTable::note_protocol_id(PacketPool& pool, std::uint32_t id) noexcept {
    std::lock_guard held(lists.lock);
    pool.record_.protocol_id = id;
}

PoolRecord PacketPoolTable::record_of(const PacketPool& pool) noexcept {
    PoolRecord record = pool.record_;
    if (pool.engine_ == nullptr)
        return record;
    const pool::Snapshot now = pool.engine_->snapshot();
    record.in_use = now.in_use;
    record.peak = now.peak;
    record.overflow_in_use = now.overflow_in_use;
    record.overflow_peak = now.overflow_peak;
    record.allocations = now.allocations;
    record.frees = now.frees;
    record.refusals = now.refusals;
    record.alive = true;
    return record;
}

std::vector<PoolRecord> PacketPoolTable::records() {
    std::vector<PoolRecord> all;
    {
        std::lock_guard held(lists.lock);
        bury_missed();
        for (std::uint32_t i = 0; i < lists.touched; ++i) {
            const State state = slots_[i].state_.load(std::memory_order_relaxed);
            if (state != State::live && state != State::dying && state != State::dead)
                continue;
            all.push_back(record_of(slots_[i]));
            all.back().refusals += slots_[i].refused_since_freed_.load(std::memory_order_relaxed);
        }
    }
    std::ranges::sort(all, {}, &PoolRecord::id);
    return all;
}

std::uint64_t PacketPoolTable::forgotten() noexcept {
    std::lock_guard held(lists.lock);
    return lists.forgotten;
}

void PacketPoolTable::forget_dead() noexcept {
    std::lock_guard held(lists.lock);
    bury_missed();
    while (lists.oldest_dead != nullptr)
        forget_oldest();
    lists.forgotten = 0;
}

std::vector<PoolRecord> packet_pools() {
    return PacketPoolTable::records();
}

std::uint64_t packet_pools_forgotten() {
    return PacketPoolTable::forgotten();
}

void forget_dead_pools() {
    PacketPoolTable::forget_dead();
}

} // namespace ndispool::ndis
