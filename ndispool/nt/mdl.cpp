// Memory descriptor lists outside the buffer functions: what drivers make of their own memory. In a process every page is
// resident and mapped where it is, so a mapping is the address itself and cannot fail.
#include "ndis/mdl.h"
#include "ndis/io.h"

#include <cstdint>
#include <cstdlib>
#include <sys/mman.h>
#include <vector>

namespace {

constexpr ULONG_PTR page_bytes = 4096; // an ABI constant, whatever pages the machine has
constexpr ULONG_PTR page_mask = page_bytes - 1;

ULONG_PTR number(const void* address) {
    return reinterpret_cast<ULONG_PTR>(address);
}

SIZE_T pages_of(const void* base, SIZE_T length) {
    return ((number(base) & page_mask) + length + page_mask) / page_bytes;
}

void describe(MDL& mdl, PVOID address, ULONG length) {
    mdl.StartVa = reinterpret_cast<PVOID>(number(address) & ~page_mask);
    mdl.ByteOffset = static_cast<ULONG>(number(address) & page_mask);
    mdl.ByteCount = length;
}

void fill_frames(MDL& mdl) {
    for (SIZE_T page = 0; page < pages_of(MmGetMdlVirtualAddress(&mdl), mdl.ByteCount); ++page)
        MmGetMdlPfnArray(&mdl)[page] = number(mdl.StartVa) / page_bytes + page;
}

PVOID map(PMDL mdl) {
    mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
    mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    if (mdl->MdlFlags & MDL_PARTIAL)
        mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
    return mdl->MappedSystemVa;
}

} // namespace

extern "C" {

SIZE_T MmSizeOfMdl(PVOID base, SIZE_T length) {
    return sizeof(MDL) + pages_of(base, length) * sizeof(PFN_NUMBER);
}

PMDL IoAllocateMdl(PVOID address, ULONG length, BOOLEAN secondary, BOOLEAN, PIRP irp) {
    const SIZE_T bytes = MmSizeOfMdl(address, length);
    if (bytes > UINT16_MAX) // MDL::Size is 16 bits wide
        return nullptr;
    auto* const mdl = static_cast<PMDL>(std::calloc(1, bytes));
    if (!mdl)
        return nullptr;
    mdl->Size = static_cast<CSHORT>(bytes);
    describe(*mdl, address, length);
    if (irp) {
        PMDL* link = &irp->MdlAddress;
        while (secondary && *link)
            link = &(*link)->Next;
        *link = mdl;
    }
    return mdl;
}

VOID IoFreeMdl(PMDL mdl) {
    std::free(mdl);
}

VOID IoBuildPartialMdl(PMDL source, PMDL target, PVOID address, ULONG length) {
    const ULONG_PTR end = number(MmGetMdlVirtualAddress(source)) + source->ByteCount;
    describe(*target, address, length ? length : static_cast<ULONG>(end - number(address)));
    target->MdlFlags |= MDL_PARTIAL | (source->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL);
    target->MappedSystemVa = address;
    fill_frames(*target);
}

VOID MmBuildMdlForNonPagedPool(PMDL mdl) {
    mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
    mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
    fill_frames(*mdl);
}

VOID MmProbeAndLockPages(PMDL mdl, KPROCESSOR_MODE, LOCK_OPERATION operation) {
    mdl->MdlFlags |= MDL_PAGES_LOCKED | (operation == IoReadAccess ? 0 : MDL_WRITE_OPERATION);
    fill_frames(*mdl);
}

VOID MmUnlockPages(PMDL mdl) {
    mdl->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_WRITE_OPERATION | MDL_MAPPED_TO_SYSTEM_VA);
}

PVOID MmMapLockedPages(PMDL mdl, KPROCESSOR_MODE) {
    return map(mdl);
}

PVOID MmMapLockedPagesSpecifyCache(PMDL mdl, KPROCESSOR_MODE, MEMORY_CACHING_TYPE, PVOID, ULONG, MM_PAGE_PRIORITY) {
    return map(mdl);
}

VOID MmUnmapLockedPages(PVOID, PMDL mdl) {
    mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
}

PHYSICAL_ADDRESS MmGetPhysicalAddress(PVOID address) {
    PHYSICAL_ADDRESS physical;
    physical.QuadPart = static_cast<LONGLONG>(number(address));
    return physical;
}

PVOID MmMapIoSpace(PHYSICAL_ADDRESS address, SIZE_T bytes, MEMORY_CACHING_TYPE) {
    const auto first = static_cast<ULONG_PTR>(address.QuadPart) & ~page_mask;
    std::vector<unsigned char> present(pages_of(reinterpret_cast<PVOID>(address.QuadPart), bytes));
    const bool mapped = ::mincore(reinterpret_cast<PVOID>(first), present.size() * page_bytes, present.data()) == 0;
    return mapped ? reinterpret_cast<PVOID>(address.QuadPart) : nullptr; // ENOMEM: nothing is there
}

VOID MmUnmapIoSpace(PVOID, SIZE_T) {}

} // extern "C"
