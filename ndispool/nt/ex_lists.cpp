// Lists and counters shared between processors.
//
// The locked ones take the caller's spin lock without an IRQL change, so they work at any IRQL and beside
// KeAcquireSpinLock on the same lock. A sequenced list is locked by a bit of its own head; a zero head is empty and
// free.
#include <atomic>

#include <sched.h>

#include "ndis/kernel.h"
#include "ndispool/machine/spin_lock.h"

using namespace ndispool;

namespace {

class SpinLockGuard {
  public:
    explicit SpinLockGuard(KSPIN_LOCK& lock) : lock_(lock) { machine::acquire(lock_); }
    ~SpinLockGuard() { machine::release(lock_); }
    SpinLockGuard(const SpinLockGuard&) = delete;
    SpinLockGuard& operator=(const SpinLockGuard&) = delete;

  private:
    KSPIN_LOCK& lock_;
};

PLIST_ENTRY null_if_head(PLIST_ENTRY entry, PLIST_ENTRY head) {
    return entry == head ? nullptr : entry;
}

// Owns a sequenced list's head, whose second word is the first entry and, in bit 0, the lock.
class SequencedList {
  public:
    explicit SequencedList(SLIST_HEADER& head) : depth_(head.Alignment), first_(head.Region) {
        for (unsigned tries = 1;; ++tries) {
            ULONGLONG seen = first_.load(std::memory_order_relaxed) & ~locked;
            // acquire, partner: the release in the destructor of the owner before
            if (first_.compare_exchange_weak(seen, seen | locked, std::memory_order_acquire,
                                             std::memory_order_relaxed)) {
                entry_ = reinterpret_cast<PSLIST_ENTRY>(seen);
                return;
            }
            if (tries % 64 == 0)
                sched_yield(); // the owner may be preempted
        }
    }
    ~SequencedList() { first_.store(reinterpret_cast<ULONGLONG>(entry_), std::memory_order_release); }
    SequencedList(const SequencedList&) = delete;
    SequencedList& operator=(const SequencedList&) = delete;

    PSLIST_ENTRY first() const { return entry_; }
    void change(PSLIST_ENTRY first, USHORT depth) {
        entry_ = first;
        depth_.store(depth, std::memory_order_relaxed); // read alone, as a hint
    }
    USHORT depth() const { return static_cast<USHORT>(depth_.load(std::memory_order_relaxed)); }

  private:
    static constexpr ULONGLONG locked = 1;
    std::atomic_ref<ULONGLONG> depth_, first_;
    PSLIST_ENTRY entry_;
};

} // namespace

extern "C" {

PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock) {
    const SpinLockGuard guard(*Lock);
    const PLIST_ENTRY first = ListHead->Flink;
    InsertHeadList(ListHead, ListEntry);
    return null_if_head(first, ListHead);
}

PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock) {
    const SpinLockGuard guard(*Lock);
    const PLIST_ENTRY last = ListHead->Blink;
    InsertTailList(ListHead, ListEntry);
    return null_if_head(last, ListHead);
}

PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock) {
    const SpinLockGuard guard(*Lock);
    return null_if_head(RemoveHeadList(ListHead), ListHead);
}

PSINGLE_LIST_ENTRY ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY ListEntry,
                                              PKSPIN_LOCK Lock) {
    const SpinLockGuard guard(*Lock);
    const PSINGLE_LIST_ENTRY first = ListHead->Next;
    PushEntryList(ListHead, ListEntry);
    return first;
}

PSINGLE_LIST_ENTRY ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PKSPIN_LOCK Lock) {
    const SpinLockGuard guard(*Lock);
    return PopEntryList(ListHead);
}

// Locked for those who change it under the lock; atomic for those who use InterlockedIncrement on it.
ULONG ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock) {
    const SpinLockGuard guard(*Lock);
    return std::atomic_ref(*Addend).fetch_add(Increment, std::memory_order_seq_cst);
}

LARGE_INTEGER ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment, PKSPIN_LOCK Lock) {
    const SpinLockGuard guard(*Lock);
    LARGE_INTEGER before;
    before.QuadPart = std::atomic_ref(Addend->QuadPart).fetch_add(Increment.QuadPart, std::memory_order_seq_cst);
    return before;
}

void ExInterlockedAddLargeStatistic(PLARGE_INTEGER Addend, ULONG Increment) {
    std::atomic_ref(Addend->QuadPart).fetch_add(Increment, std::memory_order_relaxed); // a count; orders no other data
}

void ExInitializeSListHead(PSLIST_HEADER SListHead) {
    *SListHead = {};
}

USHORT ExQueryDepthSList(PSLIST_HEADER SListHead) {
    return static_cast<USHORT>(std::atomic_ref(SListHead->Alignment).load(std::memory_order_relaxed));
}

PSLIST_ENTRY ExpInterlockedPushEntrySList(PSLIST_HEADER SListHead, PSLIST_ENTRY SListEntry) {
    SequencedList list(*SListHead);
    const PSLIST_ENTRY before = list.first();
    SListEntry->Next = before;
    list.change(SListEntry, static_cast<USHORT>(list.depth() + 1));
    return before;
}

PSLIST_ENTRY ExpInterlockedPopEntrySList(PSLIST_HEADER SListHead) {
    SequencedList list(*SListHead);
    const PSLIST_ENTRY first = list.first();
    if (first != nullptr)
        list.change(first->Next, static_cast<USHORT>(list.depth() - 1));
    return first;
}

PSLIST_ENTRY ExpInterlockedFlushSList(PSLIST_HEADER SListHead) {
    SequencedList list(*SListHead);
    const PSLIST_ENTRY chain = list.first();
    list.change(nullptr, 0);
    return chain;
}

} // extern "C"
