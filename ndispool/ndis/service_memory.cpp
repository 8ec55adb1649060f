// The kernel's memory under NDIS names, attributed to the driver that asked.
#include "ndis/memory.h"
#include "ndispool/nt/caller.h"
#include "ndispool/nt/memory.h"

using namespace ndispool;

namespace {

constexpr ULONG untagged = 0x4d644e20; // " NdM": memory that NdisAllocateMemory gave, which has no tag

NDIS_STATUS status_of(const void* memory) {
    return memory != nullptr ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

} // namespace

extern "C" {

NDIS_STATUS NdisAllocateMemory(PVOID* VirtualAddress, UINT Length, UINT, NDIS_PHYSICAL_ADDRESS) {
    *VirtualAddress = nt::allocate(Length, untagged, nt::caller(__builtin_return_address(0)));
    return status_of(*VirtualAddress);
}

NDIS_STATUS NdisAllocateMemoryWithTag(PVOID* VirtualAddress, UINT Length, ULONG Tag) {
    *VirtualAddress = nt::allocate(Length, Tag, nt::caller(__builtin_return_address(0)));
    return status_of(*VirtualAddress);
}

PVOID NdisAllocateMemoryWithTagPriority(NDIS_HANDLE, UINT Length, ULONG Tag, EX_POOL_PRIORITY) {
    return nt::allocate(Length, Tag, nt::caller(__builtin_return_address(0)));
}

void NdisFreeMemory(PVOID VirtualAddress, UINT, UINT) {
    nt::free_memory(VirtualAddress);
}

void NdisFreeMemoryWithTag(PVOID VirtualAddress, ULONG) {
    nt::free_memory(VirtualAddress);
}

} // extern "C"
