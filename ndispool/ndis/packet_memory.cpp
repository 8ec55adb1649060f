#include "ndispool/ndis/packet_memory.h"

#include "ndispool/ndis/packet_map.h"

#include <atomic>

namespace ndispool::ndis {
namespace {

std::atomic<std::size_t> held{0}; // a count; orders no other data
std::atomic<MemoryFault> current_fault{nullptr};

bool refused(std::size_t bytes) noexcept {
    // Acquire pairs with the release in set_packet_memory_fault(): the fault sees what was set up for it.
    const MemoryFault fault = current_fault.load(std::memory_order_acquire);
    return fault != nullptr && fault(bytes);
}

} // namespace

void* PacketMemory::map(std::size_t bytes) noexcept {
    void* start = refused(bytes) ? nullptr : pool::system_pages().map(bytes);
    if (start == nullptr)
        return nullptr;
    if (!packet_map::add(start, bytes, owner_)) {
        pool::system_pages().unmap(start, bytes);
        return nullptr;
    }
    held.fetch_add(bytes, std::memory_order_relaxed);
    return start;
}

void PacketMemory::unmap(void* start, std::size_t bytes) noexcept {
    packet_map::remove(start, bytes); // first: another pool may get the address as soon as it is free
    pool::system_pages().unmap(start, bytes);
    held.fetch_sub(bytes, std::memory_order_relaxed);
}

std::size_t packet_memory_held() noexcept {
    return held.load(std::memory_order_relaxed);
}

void set_packet_memory_fault(MemoryFault fault) noexcept {
    current_fault.store(fault, std::memory_order_release);
}

} // namespace ndispool::ndis
