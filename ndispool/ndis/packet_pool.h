// A packet pool: the object a pool handle points at. It turns the engine's blocks into zeroed NDIS_PACKETs and back.
//   Callers:   any thread, any IRQL up to DISPATCH. Making and freeing a pool lock the table of pools, as does the
//              free that empties a pool which was freed before; nothing else does.
//   Holds:     a handle is valid from make() until free_pool(). A pool freed with packets out is dying: it gives no
//              packet any more and keeps its memory until the last one is back. A PacketPool's own memory is never
//              given back, so a stale handle is found out, not followed into nowhere.
//   Not here:  of and what is done at once, which is inline (packet_pool_fast.h); capacity, overflow and counting (the engine); layout (packet_layout.h); lists and records (the table).
#pragma once

#include "ndis/packet.h"
#include "ndispool/ndis/packet_lines.h"
#include "ndispool/ndis/packet_pool_record.h"
#include "ndispool/ndis/packet_private.h"

#include <atomic>
#include <cstdint>
#include <type_traits>

namespace ndispool::pool {
class Pool;
}

namespace ndispool::ndis {

class PacketMemory;

// The size makes finding a handle's place in the table a matter of masks.
class alignas(256) PacketPool {
  public:
    // Null: RESOURCES (more than 0xFFFF descriptors, ProtocolReserved too long, no memory). `caller` is the code in the
    // driver that wants the pool.
    [[nodiscard]] static PacketPool* make(UINT descriptors, UINT overflow, UINT protocol_reserved,
                                          const void* caller) noexcept;

    // These report a handle that is not valid, and then do nothing or answer null or 0.
    static void free_pool(NDIS_HANDLE handle, const void* caller) noexcept;
    [[nodiscard]] static UINT usage(NDIS_HANDLE handle, const void* caller) noexcept;
    static void set_protocol_id(NDIS_HANDLE handle, UINT id, const void* caller) noexcept;

    // NdisAllocatePacket and NdisFreePacket consist of two parts each: what goes well at once, and, where that says no, all else.
    // The latter is told the return address, into the code that called. It reports and otherwise ignores what is not out of any
    // pool; the pointer is not followed.
    [[nodiscard]] static bool allocate_at_once(PNDIS_STATUS status, PNDIS_PACKET* packet, NDIS_HANDLE handle) noexcept;
    [[gnu::cold]] static void allocate_slowly(PNDIS_STATUS status, PNDIS_PACKET* packet, NDIS_HANDLE handle,
                                              const void* return_address) noexcept;
    [[nodiscard]] static bool free_at_once(PNDIS_PACKET packet) noexcept;
    [[gnu::cold]] static void free_slowly(PNDIS_PACKET packet, const void* return_address) noexcept;

    // The pool of a valid handle, or null.
    [[nodiscard]] static PacketPool* of(NDIS_HANDLE handle) noexcept;

    // For packet_reserve.cpp: the engine of a pool that is live, and a packet made of a block that came from there.
    [[nodiscard]] pool::Pool& engine() noexcept { return *engine_; }
    [[nodiscard]] PNDIS_PACKET dress(void* block) noexcept;

  private:
    friend class PacketPoolTable;
    enum class State : std::uint32_t { unused, making, live, dying, dead };

    [[nodiscard]] bool furnish(UINT descriptors, UINT overflow, UINT protocol_reserved) noexcept;
    [[nodiscard]] PNDIS_PACKET make_packet(void* block) noexcept;
    [[nodiscard]] bool give(PNDIS_PACKET packet) noexcept;
    [[nodiscard]] void* block_of(PNDIS_PACKET packet) const noexcept;

    // All zero at the start and without a destructor: the table is an array of these in zero-filled memory.

    // written when the pool is made, freed and dead; read by every call
    std::atomic<State> state_{};
    std::uint32_t packet_offset_{}; // in the block
    std::uint32_t visible_lines_{}; // what drivers see of a packet, in bytes of whole lines
    std::uint64_t life_{};          // of a new packet, in generation 0
    pool::Pool* engine_{};          // owned; null unless live or dying
    PacketMemory* memory_{};        // made for the first pool that lives here, then kept
    // The beginning of a new packet. Its Flags change, through atomic_ref, when the pool is given a protocol's identifier.
    NewPacketLine new_packet_{};

    std::atomic<std::uint64_t> refused_since_freed_{};

    // the table's lock
    PoolRecord record_{};
    PacketPool* next_{}; // in whichever list the pool is in
};

static_assert(std::is_trivially_destructible_v<PacketPool>, "nothing runs over the table at exit");
static_assert(sizeof(PacketPool) == 256, "the table's 65,536 take 16 MiB of address space");

// Stack locations of the packets of pools made from now on: 0 to max_stack_locations, 2 at first. False: out of range,
// nothing was changed.
bool set_packet_stack_locations(unsigned count) noexcept;

} // namespace ndispool::ndis
