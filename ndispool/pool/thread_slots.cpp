#include "ndispool/pool/thread_slots.h"

#include <cstdlib>
#include <pthread.h>
#include <vector>

namespace ndispool::pool {

constinit thread_local detail::ThreadSlots detail::this_thread;

namespace {

using detail::this_thread;
using detail::ThreadSlots;

std::mutex lock;
// By number; null: free. Never destroyed: a pool may outlive main.
std::vector<NativeEngine*>& engines = *new std::vector<NativeEngine*>;

// Runs when a thread that has a table ends, after its thread_local objects were destroyed. Should it use a pool once
// more after this, it gets a new table, and this runs again.
void end_thread(void* table) {
    auto& thread = *static_cast<ThreadSlots*>(table);
    std::lock_guard held(lock);
    for (std::uint32_t number = 0; number < thread.size; ++number)
        if (NativeSlot* slot = thread.slots[number]) {
            slot->thread = nullptr;
            engines[number]->leave(*slot);
        }
    std::free(thread.slots);
    thread = {};
}

pthread_key_t make_key() {
    pthread_key_t key;
    return pthread_key_create(&key, end_thread) == 0 ? key : PTHREAD_KEYS_MAX;
}

// Has end_thread run when the calling thread ends.
bool watch_this_thread() {
    static const pthread_key_t key = make_key();
    return pthread_setspecific(key, &this_thread) == 0;
}

// Makes room for the number. Under the lock: forget_pool writes to tables of other threads.
bool grow(ThreadSlots& thread, std::uint32_t number) {
    if (number < thread.size)
        return true;
    const std::uint32_t size = std::max(number + 1, thread.size * 2);
    auto** slots = static_cast<NativeSlot**>(std::realloc(thread.slots, size * sizeof(NativeSlot*)));
    if (slots == nullptr)
        return false;
    std::fill(slots + thread.size, slots + size, nullptr);
    thread = {slots, size};
    return true;
}

} // namespace

std::optional<std::uint32_t> number_pool(NativeEngine& engine) noexcept try {
    std::lock_guard held(lock);
    auto place = std::find(engines.begin(), engines.end(), nullptr);
    if (place == engines.end())
        place = engines.insert(engines.end(), nullptr);
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
            static_cast<ThreadSlots*>(slot.thread)->slots[number] = nullptr;
    });
    engines[number] = nullptr;
}

NativeSlot* slot_of_this_thread(std::uint32_t number) noexcept {
    ThreadSlots& thread = this_thread;
    if (number < thread.size && thread.slots[number] != nullptr)
        return thread.slots[number];
    std::unique_lock held(lock, std::try_to_lock);
    if (!held || !watch_this_thread() || !grow(thread, number))
        return nullptr;
    NativeSlot* slot = engines[number]->join();
    if (slot != nullptr)
        slot->thread = &thread;
    return thread.slots[number] = slot;
}

} // namespace ndispool::pool
