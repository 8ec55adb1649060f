// The checked forms of buffer functions, and their ledger.
#include "ndispool/verify/buffers.h"

#include "ndispool/verify/door_parts.h"
#include "ndispool/verify/quarantine.h"
#include "ndispool/verify/table.h"

#include <deque>
#include <map>

namespace ndispool::verify {

namespace {

struct BufferEntry {
    bool freed = false;
    Site allocated, freed_at;
    Site packet_freed; // the packet that it was chained to went without it
};

Table<BufferEntry>& buffers() {
    static auto& all = *new Table<BufferEntry>;
    return all;
}

constexpr std::size_t quarantine_size = 256;
machine::Lock quarantine_lock; // guards quarantine
std::deque<PNDIS_BUFFER>& quarantine() {
    static auto& all = *new std::deque<PNDIS_BUFFER>;
    return all;
}

void enter(Call& call, PNDIS_BUFFER buffer) {
    for (; buffer; buffer = buffer->Next)
        buffers().make(buffer, [&](BufferEntry& entry) {
            entry = {};
            entry.allocated = call.site();
        });
}

void release(PNDIS_BUFFER buffer, const Site& now) {
    if (const auto change = first_change(buffer, sizeof(MDL), poison_byte))
        buffers().find(buffer, [&](const BufferEntry* entry) {
            if (entry)
                found(rule::use_after_free,
                      "a buffer descriptor was written to after it had been freed, at offset " +
                          std::to_string(*change),
                      {{"allocated", entry->allocated}, {"freed", entry->freed_at}, {"found", now}});
        });
    buffers().erase(buffer);
    plain_IoFreeMdl(buffer);
}

void free_buffer(Call& call, PNDIS_BUFFER buffer) {
    if (call.null_argument(buffer, "buffer descriptor"))
        return;
    const bool ours = buffers().find(buffer, [&](BufferEntry* entry) {
        if (!entry) {
            call.found(rule::foreign_free, "a buffer descriptor was freed that the driver did not allocate");
            return false;
        }
        if (entry->freed) {
            call.found(rule::double_free, "a buffer descriptor was freed again",
                       {{"allocated", entry->allocated}, {"freed", entry->freed_at}});
            return false;
        }
        entry->freed = true;
        entry->freed_at = call.site();
        poison(buffer, sizeof(MDL));
        return true;
    });
    if (!ours)
        return;
    PNDIS_BUFFER oldest = nullptr;
    {
        const machine::Locked locked(quarantine_lock);
        quarantine().push_back(buffer);
        if (quarantine().size() > quarantine_size) {
            oldest = quarantine().front();
            quarantine().pop_front();
        }
    }
    if (oldest)
        release(oldest, call.site());
}

VOID NTAPI AllocateBufferPool(PNDIS_STATUS status, PNDIS_HANDLE handle, UINT descriptors) {
    NDISPOOL_CALL(NdisAllocateBufferPool);
    if (call.refused()) {
        *handle = nullptr;
        *status = NDIS_STATUS_RESOURCES;
        return;
    }
    plain_NdisAllocateBufferPool(status, handle, descriptors);
}

VOID NTAPI FreeBufferPool(NDIS_HANDLE handle) {
    NDISPOOL_CALL(NdisFreeBufferPool);
    plain_NdisFreeBufferPool(handle);
}

VOID NTAPI AllocateBuffer(PNDIS_STATUS status, PNDIS_BUFFER* buffer, NDIS_HANDLE pool, PVOID address, UINT length) {
    NDISPOOL_CALL(NdisAllocateBuffer);
    if (call.refused()) {
        *buffer = nullptr;
        *status = NDIS_STATUS_FAILURE;
        return;
    }
    call.null_argument(address, "memory to describe");
    plain_NdisAllocateBuffer(status, buffer, pool, address, length);
    if (*buffer)
        enter(call, *buffer);
    else
        call.note_refusal();
}

VOID NTAPI CopyBuffer(PNDIS_STATUS status, PNDIS_BUFFER* buffer, NDIS_HANDLE pool, PVOID descriptor, UINT offset,
                      UINT length) {
    NDISPOOL_CALL(NdisCopyBuffer);
    if (call.null_argument(descriptor, "buffer descriptor") || call.refused()) {
        *buffer = nullptr;
        *status = NDIS_STATUS_FAILURE;
        return;
    }
    plain_NdisCopyBuffer(status, buffer, pool, descriptor, offset, length);
    if (*buffer)
        enter(call, *buffer);
    else
        call.note_refusal();
}

VOID NTAPI FreeBuffer(PNDIS_BUFFER buffer) {
    NDISPOOL_CALL(NdisFreeBuffer);
    free_buffer(call, buffer);
}

PMDL NTAPI AllocateMdl(PVOID address, ULONG length, BOOLEAN secondary, BOOLEAN charge, PIRP irp) {
    NDISPOOL_CALL(IoAllocateMdl);
    if (call.refused())
        return nullptr;
    PMDL const mdl = plain_IoAllocateMdl(address, length, secondary, charge, irp);
    if (mdl)
        enter(call, mdl);
    else
        call.note_refusal();
    return mdl;
}

VOID NTAPI FreeMdl(PMDL mdl) {
    NDISPOOL_CALL(IoFreeMdl);
    free_buffer(call, mdl);
}

} // namespace

void note_chained_at_free(PNDIS_PACKET packet, const Site& now) {
    constexpr unsigned longest = 64;
    PNDIS_BUFFER buffer = packet->Private.Head;
    for (unsigned i = 0; buffer && i < longest; ++i) {
        // A chain may belong to another packet, and then be gone: only the driver's own descriptors are looked into.
        const bool own = buffers().find(buffer, [&](BufferEntry* entry) {
            if (!entry || entry->freed)
                return false;
            entry->packet_freed = now;
            return true;
        });
        buffer = own ? buffer->Next : nullptr;
    }
}

void judge_buffers() {
    const Site now = site_now(StackId::none);
    std::deque<PNDIS_BUFFER> all;
    {
        const machine::Locked locked(quarantine_lock);
        all.swap(quarantine());
    }
    for (PNDIS_BUFFER buffer : all)
        release(buffer, now);
    struct Leak {
        Site allocated, packet_freed;
        std::uint64_t count = 0;
    };
    std::map<std::pair<StackId, StackId>, Leak> leaks;
    buffers().each([&](const void*, const BufferEntry& entry) {
        if (entry.freed)
            return;
        Leak& leak = leaks[{entry.allocated.stack, entry.packet_freed.stack}];
        leak.allocated = entry.allocated;
        leak.packet_freed = entry.packet_freed;
        ++leak.count;
    });
    for (const auto& [key, leak] : leaks) {
        const std::string many =
            std::to_string(leak.count) + (leak.count == 1 ? " buffer descriptor" : " buffer descriptors");
        if (leak.packet_freed)
            found(rule::chain_leak, many + " chained to a packet when it was freed, and never freed themselves",
                  {{"allocated", leak.allocated}, {"packet freed", leak.packet_freed}});
        else
            found(rule::buffer_leak, many + " allocated here never freed", {{"allocated", leak.allocated}});
    }
}

void forget_buffers() {
    buffers().erase_if([](const void*, const BufferEntry&) { return true; });
}

std::span<const DoorPart> buffer_door() {
    static const DoorPart list[] = {
        NDISPOOL_PART(NdisAllocateBufferPool, AllocateBufferPool),
        NDISPOOL_PART(NdisFreeBufferPool, FreeBufferPool),
        NDISPOOL_PART(NdisAllocateBuffer, AllocateBuffer),
        NDISPOOL_PART(NdisCopyBuffer, CopyBuffer),
        NDISPOOL_PART(NdisFreeBuffer, FreeBuffer),
        NDISPOOL_PART(IoAllocateMdl, AllocateMdl),
        NDISPOOL_PART(IoFreeMdl, FreeMdl),
    };
    return list;
}

} // namespace ndispool::verify
