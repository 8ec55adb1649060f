#include "ndispool/pool/thread_slots.h"

#include "ndispool/pool/pages.h"

#include <new>
#include <pthread.h>
#include <sys/mman.h>
#include <vector>

namespace ndispool::pool {

constinit thread_local std::ptrdiff_t detail::to_this_threads_entry = 0;

namespace {

using detail::max_pools;
using detail::to_this_threads_entry;

constexpr std::size_t distance = detail::Entry::distance;

// Of a thread, by number. The entry is at the end of its line: what is written to most in a descriptor, its beginning, is not at
// the same place of a page then (Engine::slot_offset tells why).
struct alignas(distance) Line {
    std::byte unused[distance - sizeof(detail::Entry)];
    detail::Entry entry;
};
static_assert(sizeof(Line) == distance);
constexpr std::size_t table_bytes = max_pools * sizeof(Line); // used up only where it is touched

// A place is used up only where it is touched, too.
struct alignas(distance) Place {
    std::byte bytes[distance];
};
alignas(page_bytes) Place places[max_pools];
static_assert(sizeof places % page_bytes == 0 && table_bytes % page_bytes == 0); // of both, single pages are to be used

std::uint32_t number_of(const void* place) {
    return static_cast<std::uint32_t>(static_cast<const Place*>(place) - places);
}

// What a thread that has slots leaves to its end.
struct Thread {
    Line* lines = nullptr; // a slot has this too, and not the thread's own memory: that may go without end_thread
    std::uint32_t end = 0; // no entry from this number on has a slot
    bool ended = false;    // it has no table any more, and gets none
};
constinit thread_local Thread here;

std::mutex lock;
// By number; null: free. Never destroyed: a pool may outlive main.
std::vector<NativeEngine*>& engines = *new std::vector<NativeEngine*>;

// Runs when a thread that has a table ends, after its thread_local objects were destroyed. It is not certain to run again,
// so should the thread use a pool once more it does without slots.
void end_thread(void* of_thread) {
    auto& thread = *static_cast<Thread*>(of_thread);
    std::lock_guard held(lock);
    for (std::uint32_t number = 0; number < thread.end; ++number)
        if (NativeSlot* slot = thread.lines[number].entry.slot) {
            slot->thread = nullptr;
            engines[number]->leave(*slot);
        }
    munmap(thread.lines, table_bytes);
    thread = {.ended = true};
    to_this_threads_entry = 0;
}

// A huge page would be all of a thread's or pool's memory many times over. Refused: there are none on this system.
void in_single_pages(void* start, std::size_t bytes) {
    madvise(start, bytes, MADV_NOHUGEPAGE);
}

pthread_key_t make_key() {
    pthread_key_t key;
    return pthread_key_create(&key, end_thread) == 0 ? key : PTHREAD_KEYS_MAX;
}

// Gives the calling thread a table, if it has none, and has end_thread run when it ends.
bool watch_this_thread() {
    static const pthread_key_t key = make_key();
    if (here.lines != nullptr || here.ended)
        return here.lines != nullptr;
    void* table =
        mmap(nullptr, table_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (table == MAP_FAILED)
        return false;
    in_single_pages(table, table_bytes);
    if (pthread_setspecific(key, &here) != 0) {
        munmap(table, table_bytes);
        return false;
    }
    here.lines = static_cast<Line*>(table);
    to_this_threads_entry = static_cast<std::ptrdiff_t>(reinterpret_cast<std::uintptr_t>(&here.lines->entry) -
                                                        reinterpret_cast<std::uintptr_t>(places));
    return true;
}

} // namespace

void* take_place(NativeEngine& engine) noexcept try {
    std::lock_guard held(lock);
    if (engines.empty())
        in_single_pages(places, sizeof places);
    auto free = std::find(engines.begin(), engines.end(), nullptr);
    if (free == engines.end()) {
        if (engines.size() == max_pools)
            return nullptr;
        free = engines.insert(engines.end(), nullptr);
    }
    *free = &engine;
    return &places[free - engines.begin()];
} catch (const std::bad_alloc&) {
    return nullptr;
}

void free_place(void* place) noexcept {
    std::lock_guard held(lock);
    engines[number_of(place)] = nullptr;
}

void forget_slots(const void* place, NativeEngine& engine) noexcept {
    std::lock_guard held(lock);
    engine.for_each_slot([number = number_of(place)](NativeSlot& slot) {
        // Its owner may have counted the last free, but not left yet; who knows of the count sees it inside.
        while (!slot.quiet())
            detail::Native::relax();
        if (slot.thread != nullptr)
            static_cast<Line*>(slot.thread)[number].entry.slot = nullptr;
    });
}

NativeSlot* slot_of_this_thread(const void* place) noexcept {
    const std::uint32_t number = number_of(place);
    if (here.lines != nullptr && here.lines[number].entry.slot != nullptr)
        return here.lines[number].entry.slot;
    std::unique_lock held(lock, std::try_to_lock);
    if (!held || !watch_this_thread())
        return nullptr;
    NativeSlot* slot = engines[number]->join();
    if (slot == nullptr)
        return nullptr;
    slot->thread = here.lines;
    here.end = std::max(here.end, number + 1);
    return here.lines[number].entry.slot = slot;
}

} // namespace ndispool::pool
