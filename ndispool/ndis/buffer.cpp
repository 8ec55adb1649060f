#include "ndispool/ndis/buffer.h"

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace ndispool::ndis {
namespace {

std::atomic<bool (*)()> descriptor_fault{nullptr};
std::atomic<bool (*)(MM_PAGE_PRIORITY)> mapping_fault{nullptr};

// The buffer that `offset` lies in, or the last one when it is at the end; `offset` becomes relative to it.
PNDIS_BUFFER buffer_at(PNDIS_BUFFER first, UINT& offset) noexcept {
    while (offset >= first->ByteCount && first->Next != nullptr) {
        offset -= first->ByteCount;
        first = first->Next;
    }
    return first;
}

bool inside(const NDIS_BUFFER* first, UINT offset, UINT bytes) noexcept {
    std::uint64_t total = 0; // a chain may be longer than a UINT can say
    for (; first != nullptr; first = first->Next)
        total += first->ByteCount;
    return offset <= total && bytes <= total - offset;
}

void free_chain(PNDIS_BUFFER first) noexcept {
    while (first != nullptr) {
        PNDIS_BUFFER next = first->Next;
        free_buffer(first);
        first = next;
    }
}

} // namespace

PNDIS_BUFFER make_buffer(PVOID address, UINT bytes) noexcept {
    // Acquire pairs with the release in set_buffer_faults(): the fault sees what was set up for it.
    const auto fault = descriptor_fault.load(std::memory_order_acquire);
    if (fault != nullptr && fault())
        return nullptr;
    PMDL mdl = IoAllocateMdl(address, bytes, FALSE, FALSE, nullptr);
    if (mdl != nullptr)
        MmBuildMdlForNonPagedPool(mdl);
    return mdl;
}

void free_buffer(PNDIS_BUFFER buffer) noexcept {
    IoFreeMdl(buffer);
}

PNDIS_BUFFER copy_buffer(PNDIS_BUFFER source, UINT offset, UINT bytes) noexcept {
    if (source == nullptr || !inside(source, offset, bytes))
        return nullptr;
    source = buffer_at(source, offset);
    PNDIS_BUFFER first = nullptr;
    for (PNDIS_BUFFER* link = &first; first == nullptr || bytes != 0; source = source->Next, offset = 0) {
        const UINT piece = std::min(bytes, source->ByteCount - offset);
        if (piece == 0 && first != nullptr)
            continue; // an empty buffer in the middle
        *link = make_buffer(static_cast<UCHAR*>(MmGetSystemAddressForMdl(source)) + offset, piece);
        if (*link == nullptr) {
            free_chain(first);
            return nullptr;
        }
        (*link)->MdlFlags |= MDL_PARTIAL;
        link = &(*link)->Next;
        bytes -= piece;
    }
    return first;
}

PVOID plain_address(PNDIS_BUFFER buffer, MM_PAGE_PRIORITY) noexcept {
    return MmGetSystemAddressForMdl(buffer);
}

PVOID safe_address(PNDIS_BUFFER buffer, MM_PAGE_PRIORITY priority) noexcept {
    const auto fault = mapping_fault.load(std::memory_order_acquire);
    if (fault != nullptr && fault(priority))
        return nullptr;
    return MmGetSystemAddressForMdlSafe(buffer, priority);
}

void set_buffer_faults(BufferFaults faults) noexcept {
    descriptor_fault.store(faults.descriptor, std::memory_order_release);
    mapping_fault.store(faults.mapping, std::memory_order_release);
}

} // namespace ndispool::ndis
