#include "ndispool/host/slots.h"

#include "ndispool/host/frame.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/spin_lock.h"

#include <cstring>
#include <new>

namespace ndispool::host {

namespace {

constexpr std::size_t first_buffer_bytes = 2048; // an Ethernet frame and room; longer ones make their slot grow

// Both arrays are aligned for pointers (static_asserts in packet.h).
constexpr std::size_t offset_of(Reserved reserved) {
    return reserved == Reserved::miniport ? offsetof(NDIS_PACKET, MiniportReserved)
                                          : offsetof(NDIS_PACKET, ProtocolReserved);
}

} // namespace

Slots::Slots(unsigned processor, std::size_t count, Reserved reserved)
    : processor_(processor), home_offset_(offset_of(reserved)), slots_(count) {
    NDIS_STATUS status;
    NdisAllocatePacketPool(&status, &pool_, static_cast<UINT>(count), PROTOCOL_RESERVED_SIZE_IN_PACKET);
    if (status != NDIS_STATUS_SUCCESS)
        throw std::bad_alloc();
    free_.resize(count);
    elsewhere_.reserve(count);
    for (Slot& slot : slots_)
        make(slot);
}

void Slots::make(Slot& slot) {
    NDIS_STATUS status;
    NdisAllocatePacket(&status, &slot.packet, pool_);
    if (!slot.packet || !grow(slot, first_buffer_bytes))
        throw std::bad_alloc();
    home(slot.packet) = &slot;
    NDIS_SET_PACKET_HEADER_SIZE(slot.packet, ethernet_header_bytes);
    free_[free_count_++] = &slot;
}

bool Slots::grow(Slot& slot, std::size_t bytes) {
    std::vector<std::byte> memory(bytes);
    PNDIS_BUFFER buffer = nullptr;
    NDIS_STATUS status;
    NdisAllocateBuffer(&status, &buffer, nullptr, memory.data(), static_cast<UINT>(bytes));
    if (!buffer)
        return false;
    if (slot.buffer) {
        NdisUnchainBufferAtFront(slot.packet, &slot.buffer);
        NdisFreeBuffer(slot.buffer);
    }
    slot.memory = std::move(memory);
    slot.buffer = buffer;
    NdisChainBufferAtFront(slot.packet, buffer);
    return true;
}

Slots::~Slots() {
    for (Slot& slot : slots_) {
        if (slot.buffer)
            NdisFreeBuffer(slot.buffer);
        if (slot.packet)
            NdisFreePacket(slot.packet);
    }
    NdisFreePacketPool(pool_);
}

void Slots::collect() {
    machine::acquire(lock_);
    for (Slot* slot : elsewhere_)
        free_[free_count_++] = slot;
    elsewhere_.clear();
    machine::release(lock_);
}

std::size_t Slots::free_now() {
    if (free_count_ < slots_.size() / 2)
        collect();
    return free_count_;
}

void Slots::put(PNDIS_PACKET packet) {
    Slot* const slot = home(packet);
    back_.add(1);
    if (machine::processor_held() == processor_) {
        free_[free_count_++] = slot;
        return;
    }
    put_elsewhere(slot);
}

// Apart, like every rarer case of these two functions: what is called for each packet then saves hardly a register.
[[gnu::noinline]] void Slots::put_elsewhere(Slot* slot) {
    machine::acquire(lock_);
    elsewhere_.push_back(slot);
    machine::release(lock_);
}

} // namespace ndispool::host
