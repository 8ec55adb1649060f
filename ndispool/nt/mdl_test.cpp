#include "ndis/mdl.h"

#include <cstring>
#include <gtest/gtest.h>
#include <memory>

#include "ndis/kernel.h"

namespace ndispool::nt {
namespace {

struct Free {
    void operator()(PMDL mdl) const { IoFreeMdl(mdl); }
};
using Mdl = std::unique_ptr<MDL, Free>;

class MdlTest : public testing::Test {
  protected:
    Mdl of(ULONG offset, ULONG length) { return Mdl(IoAllocateMdl(memory_ + offset, length, FALSE, FALSE, nullptr)); }
    alignas(PAGE_SIZE) char memory_[3 * PAGE_SIZE] = {};
};

TEST_F(MdlTest, of_nonpaged_memory_is_mapped_where_the_memory_is) {
    const Mdl mdl = of(100, PAGE_SIZE);
    ASSERT_TRUE(mdl);
    EXPECT_EQ(MmGetMdlByteCount(mdl.get()), static_cast<ULONG>(PAGE_SIZE));
    EXPECT_EQ(MmGetMdlByteOffset(mdl.get()), 100u);
    EXPECT_EQ(MmGetMdlVirtualAddress(mdl.get()), memory_ + 100);
    MmBuildMdlForNonPagedPool(mdl.get());
    EXPECT_EQ(MmGetSystemAddressForMdlSafe(mdl.get(), NormalPagePriority), memory_ + 100);
    EXPECT_EQ(MmSizeOfMdl(memory_ + 100, PAGE_SIZE), sizeof(MDL) + 2 * sizeof(PFN_NUMBER)) << "two pages";
    EXPECT_EQ(MmGetMdlPfnArray(mdl.get())[1], MmGetMdlPfnArray(mdl.get())[0] + 1);
}

TEST_F(MdlTest, is_locked_and_mapped_and_let_go_again) {
    const Mdl mdl = of(0, 10);
    MmProbeAndLockPages(mdl.get(), UserMode, IoWriteAccess);
    EXPECT_TRUE(mdl->MdlFlags & MDL_PAGES_LOCKED);
    EXPECT_TRUE(mdl->MdlFlags & MDL_WRITE_OPERATION);
    EXPECT_EQ(MmMapLockedPages(mdl.get(), KernelMode), memory_);
    EXPECT_TRUE(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
    MmUnmapLockedPages(memory_, mdl.get());
    EXPECT_FALSE(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
    EXPECT_EQ(MmMapLockedPagesSpecifyCache(mdl.get(), KernelMode, MmCached, nullptr, FALSE, NormalPagePriority),
              memory_);
    MmUnlockPages(mdl.get());
    EXPECT_FALSE(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_WRITE_OPERATION | MDL_MAPPED_TO_SYSTEM_VA));
}

TEST_F(MdlTest, of_a_part_describes_the_part_to_its_end_when_no_length_is_given) {
    const Mdl whole = of(0, 100), part = of(0, 100);
    MmBuildMdlForNonPagedPool(whole.get());
    IoBuildPartialMdl(whole.get(), part.get(), memory_ + 40, 10);
    EXPECT_EQ(MmGetSystemAddressForMdlSafe(part.get(), NormalPagePriority), memory_ + 40);
    EXPECT_EQ(MmGetMdlByteCount(part.get()), 10u);
    IoBuildPartialMdl(whole.get(), part.get(), memory_ + 40, 0);
    EXPECT_EQ(MmGetMdlByteCount(part.get()), 60u);
    EXPECT_TRUE(part->MdlFlags & MDL_PARTIAL);
}

TEST_F(MdlTest, of_an_irp_is_its_first_or_stands_behind_it) {
    IRP irp{};
    const Mdl first(IoAllocateMdl(memory_, 1, FALSE, FALSE, &irp)),
        second(IoAllocateMdl(memory_, 1, TRUE, FALSE, &irp));
    EXPECT_EQ(irp.MdlAddress, first.get());
    EXPECT_EQ(first->Next, second.get());
}

TEST_F(MdlTest, and_physical_addresses_of_memory_lead_back_to_it_and_of_nothing_nowhere) {
    const PHYSICAL_ADDRESS address = MmGetPhysicalAddress(memory_ + 5);
    EXPECT_EQ(MmMapIoSpace(address, PAGE_SIZE, MmNonCached), memory_ + 5);
    MmUnmapIoSpace(memory_ + 5, PAGE_SIZE);
    PHYSICAL_ADDRESS registers;
    registers.QuadPart = 0x1000; // where a process has no memory, under a sanitizer neither
    EXPECT_EQ(MmMapIoSpace(registers, 4096, MmNonCached), nullptr);
}

TEST(Random, follows_from_its_seed_alone) {
    ULONG seed = 7, same = 7;
    const ULONG first = RtlRandomEx(&seed);
    EXPECT_NE(seed, 7u);
    EXPECT_EQ(RtlRandomEx(&same), first);
    EXPECT_EQ(seed, same);
    EXPECT_NE(RtlRandomEx(&seed), first);
    ULONG buckets[8] = {};
    for (int i = 0; i < 8000; ++i) {
        const ULONG number = RtlRandom(&seed);
        ASSERT_LT(number, static_cast<ULONG>(MAXLONG));
        ++buckets[number >> 28];
    }
    for (const ULONG count : buckets)
        EXPECT_NEAR(count, 1000, 200);
}

TEST(TimerResolution, is_that_of_the_clock_whatever_is_asked_for) {
    EXPECT_EQ(ExSetTimerResolution(5000, TRUE), KeQueryTimeIncrement());
    EXPECT_EQ(ExSetTimerResolution(0, FALSE), KeQueryTimeIncrement());
}

} // namespace
} // namespace ndispool::nt
