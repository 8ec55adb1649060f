#include "ndispool/ndis/packet_map.h"

#include "ndispool/pool.h"

namespace ndispool::ndis::packet_map {

constinit std::atomic<Leaf*> root[std::size_t{1} << root_bits]{};

namespace {

constexpr std::uintptr_t pages_per_leaf = std::uintptr_t{1} << leaf_bits;

Leaf* leaf_for(std::uintptr_t page) noexcept {
    std::atomic<Leaf*>& place = root[page / pages_per_leaf];
    Leaf* leaf = place.load(std::memory_order_acquire);
    if (leaf != nullptr)
        return leaf;
    auto* fresh = static_cast<Leaf*>(pool::system_pages().map(sizeof(Leaf)));
    // Release pairs with the acquire in find(). The loser of a race uses the winner's leaf.
    if (fresh == nullptr || place.compare_exchange_strong(leaf, fresh, std::memory_order_acq_rel))
        return fresh;
    pool::system_pages().unmap(fresh, sizeof(Leaf));
    return leaf;
}

void set(std::uintptr_t page, PacketPool* owner) noexcept {
    Leaf* leaf = root[page / pages_per_leaf].load(std::memory_order_relaxed);
    std::atomic_ref(leaf->owner[page % pages_per_leaf]).store(owner, std::memory_order_relaxed);
}

std::uintptr_t page_of(const void* address) noexcept {
    return reinterpret_cast<std::uintptr_t>(address) >> page_bits;
}

} // namespace

bool add(const void* start, std::size_t bytes, PacketPool* owner) noexcept {
    const std::uintptr_t first = page_of(start), end = first + (bytes >> page_bits);
    for (std::uintptr_t page = first; page < end; page = (page / pages_per_leaf + 1) * pages_per_leaf)
        if (leaf_for(page) == nullptr)
            return false;
    for (std::uintptr_t page = first; page < end; ++page)
        set(page, owner);
    return true;
}

void remove(const void* start, std::size_t bytes) noexcept {
    const std::uintptr_t first = page_of(start);
    for (std::uintptr_t page = first; page < first + (bytes >> page_bits); ++page)
        set(page, nullptr);
}

} // namespace ndispool::ndis::packet_map
