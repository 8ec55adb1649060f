#include "ndispool/pool/thread_slots.h"

#include <pthread.h>
#include <sys/mman.h>
#include <vector>

namespace ndispool::pool {

NativeSlot* detail::no_slots[max_pools];
constinit thread_local NativeSlot** detail::this_thread = no_slots;

namespace {

using detail::max_pools;
using detail::this_thread;

// A table begins at the second of these: no descriptor does at the same place of its page (Engine::slot_offset tells why).
constexpr std::size_t table_bytes = (1 + max_pools) * sizeof(NativeSlot*); // used up only where it is touched

// What a thread that has slots leaves to its end.
struct Thread {
    NativeSlot** slots = nullptr;
    std::uint32_t end = 0; // all from this number on are null
};
constinit thread_local Thread here;

std::mutex lock;
// By number; null: free. Never destroyed: a pool may outlive main.
std::vector<NativeEngine*>& engines = *new std::vector<NativeEngine*>;

// Runs when a thread that has a table ends, after its thread_local objects were destroyed. Should it use a pool once
// more after this, it gets a new table, and this runs again.
void end_thread(void* of_thread) {
    auto& thread = *static_cast<Thread*>(of_thread);
    std::lock_guard held(lock);
    for (std::uint32_t number = 0; number < thread.end; ++number)
        if (NativeSlot* slot = thread.slots[number]) {
            slot->thread = nullptr;
            engines[number]->leave(*slot);
        }
    munmap(thread.slots - 1, table_bytes);
    thread = {};
    this_thread = detail::no_slots;
}

pthread_key_t make_key() {
    pthread_key_t key;
    return pthread_key_create(&key, end_thread) == 0 ? key : PTHREAD_KEYS_MAX;
}

// Gives the calling thread a table, if it has none, and has end_thread run when it ends.
bool watch_this_thread() {
    static const pthread_key_t key = make_key();
    if (here.slots != nullptr)
        return true;
    void* table =
        mmap(nullptr, table_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (table == MAP_FAILED)
        return false;
    if (pthread_setspecific(key, &here) != 0) {
        munmap(table, table_bytes);
        return false;
    }
    this_thread = here.slots = static_cast<NativeSlot**>(table) + 1;
    return true;
}

} // namespace

std::optional<std::uint32_t> number_pool(NativeEngine& engine) noexcept try {
    std::lock_guard held(lock);
    auto place = std::find(engines.begin(), engines.end(), nullptr);
    if (place == engines.end()) {
        if (engines.size() == max_pools)
            return std::nullopt;
        place = engines.insert(engines.end(), nullptr);
    }
    *place = &engine;
    return static_cast<std::uint32_t>(place - engines.begin());
} catch (const std::bad_alloc&) {
    return std::nullopt;
}

void forget_pool(std::uint32_t number, NativeEngine& engine) noexcept {
    std::lock_guard held(lock);
    engine.for_each_slot([number](NativeSlot& slot) {
        // Its owner may have counted the last free, but not left yet; who knows of the count sees it inside.
        while (!slot.quiet())
            detail::Native::relax();
        if (slot.thread != nullptr)
            static_cast<Thread*>(slot.thread)->slots[number] = nullptr;
    });
    engines[number] = nullptr;
}

NativeSlot* slot_of_this_thread(std::uint32_t number) noexcept {
    if (this_thread[number] != nullptr)
        return this_thread[number];
    std::unique_lock held(lock, std::try_to_lock);
    if (!held || !watch_this_thread())
        return nullptr;
    NativeSlot* slot = engines[number]->join();
    if (slot == nullptr)
        return nullptr;
    slot->thread = &here;
    here.end = std::max(here.end, number + 1);
    return this_thread[number] = slot;
}

} // namespace ndispool::pool
