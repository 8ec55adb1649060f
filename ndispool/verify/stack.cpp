#include "ndispool/verify/stack.h"

#include <array>
#include <atomic>
#include <memory>
#include <new>
#include <pthread.h>

namespace ndispool::verify {

namespace {

struct Entry {
    std::uint64_t hash = 0;
    std::uint64_t fingerprint = 0;
    unsigned count = 0;
    std::array<const void*, max_frames> frames{};
};

// An open-addressed table that only grows. Slot n is stack n; slot 0 stays empty.
constexpr std::uint32_t slot_count = 1u << 16;
constexpr std::uint32_t most = slot_count / 4 * 3; // beyond this a new stack is kept as its call site alone
std::array<std::atomic<const Entry*>, slot_count> slots{};
std::atomic<std::uint32_t> used{0};

std::atomic<std::uintptr_t> code_begin{0}, code_end{0};

// The end of this thread's stack: no frame lies above it.
std::uintptr_t stack_end() noexcept {
    static thread_local std::uintptr_t end = [] {
        pthread_attr_t attributes;
        void* lowest = nullptr;
        std::size_t bytes = 0;
        if (pthread_getattr_np(pthread_self(), &attributes) != 0)
            return std::uintptr_t{0};
        pthread_attr_getstack(&attributes, &lowest, &bytes);
        pthread_attr_destroy(&attributes);
        return reinterpret_cast<std::uintptr_t>(lowest) + bytes;
    }();
    return end;
}

struct Walk {
    std::array<const void*, max_frames> frames;
    unsigned count = 0;
    void add(const void* address) { frames[count++] = address; }
    bool full() const { return count == max_frames; }
};

// A frame is {frame pointer of its caller, return address}. Whatever does not look like one ends the walk.
__attribute__((no_sanitize("address"))) void walk(Walk& stack, const void* frame) noexcept {
    constexpr unsigned most_steps = 64; // the host's own frames between the driver's and the thread's begin
    const std::uintptr_t end = stack_end();
    auto at = reinterpret_cast<std::uintptr_t>(frame);
    bool found = false; // the driver's frames have begun
    for (unsigned step = 0; step < most_steps && !stack.full(); ++step) {
        if (at == 0 || at % sizeof(void*) != 0 || at + 2 * sizeof(void*) > end)
            return;
        const auto* const record = reinterpret_cast<const std::uintptr_t*>(at);
        const auto* const address = reinterpret_cast<const void*>(record[1]);
        if (in_driver(address)) {
            if (found || stack.count == 0 || address != stack.frames[0]) // the call site itself is there already
                stack.add(address);
            found = true;
        } else if (found) {
            return;
        }
        if (record[0] <= at)
            return;
        at = record[0];
    }
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) noexcept {
    hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
    return hash ^ (hash >> 29);
}

std::uint64_t hash_of(const Walk& stack) noexcept {
    std::uint64_t hash = 0x6E64697370;
    for (unsigned i = 0; i < stack.count; ++i)
        hash = mix(hash, reinterpret_cast<std::uintptr_t>(stack.frames[i]) - driver_begin());
    return hash;
}

bool same(const Entry& entry, const Walk& stack, std::uint64_t hash) noexcept {
    if (entry.hash != hash || entry.count != stack.count)
        return false;
    for (unsigned i = 0; i < stack.count; ++i)
        if (entry.frames[i] != stack.frames[i])
            return false;
    return true;
}

StackId intern(const Walk& stack) noexcept {
    const std::uint64_t hash = hash_of(stack);
    std::unique_ptr<Entry> made;
    for (std::uint32_t probe = 0, slot = static_cast<std::uint32_t>(hash >> 40) % slot_count; probe < slot_count;
         ++probe, slot = (slot + 1) % slot_count) {
        if (slot == 0)
            continue;
        const Entry* seen = slots[slot].load(std::memory_order_acquire); // pairs with the release below
        if (seen == nullptr) {
            if (!made) {
                made.reset(new (std::nothrow) Entry{hash, hash, stack.count, stack.frames});
                if (!made || used.fetch_add(1, std::memory_order_relaxed) >= slot_count - 1024)
                    return StackId::none;
            }
            if (slots[slot].compare_exchange_strong(seen, made.get(), std::memory_order_acq_rel)) {
                (void)made.release();
                return StackId{slot};
            }
        }
        if (same(*seen, stack, hash))
            return StackId{slot};
    }
    return StackId::none;
}

const Entry* entry_of(StackId stack) noexcept {
    return slots[static_cast<std::uint32_t>(stack) % slot_count].load(std::memory_order_acquire);
}

} // namespace

void watch(std::uintptr_t begin, std::uintptr_t end) {
    for (auto& slot : slots)
        delete slot.exchange(nullptr, std::memory_order_acq_rel);
    used.store(0, std::memory_order_relaxed);
    code_begin.store(begin, std::memory_order_relaxed); // published to the driver's threads by whatever starts them
    code_end.store(end, std::memory_order_relaxed);
}

bool in_driver(const void* address) noexcept {
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    return at >= code_begin.load(std::memory_order_relaxed) && at < code_end.load(std::memory_order_relaxed);
}

std::uintptr_t driver_begin() noexcept {
    return code_begin.load(std::memory_order_relaxed);
}

StackId capture(const void* caller, const void* frame) noexcept {
    Walk stack;
    if (in_driver(caller))
        stack.add(caller);
    walk(stack, frame);
    if (stack.count == 0)
        return StackId::none;
    if (used.load(std::memory_order_relaxed) > most)
        stack.count = 1;
    return intern(stack);
}

std::span<const void* const> frames_of(StackId stack) noexcept {
    const Entry* const entry = entry_of(stack);
    return entry ? std::span<const void* const>(entry->frames.data(), entry->count) : std::span<const void* const>();
}

std::uint64_t fingerprint_of(StackId stack) noexcept {
    const Entry* const entry = entry_of(stack);
    return entry ? entry->fingerprint : 0;
}

} // namespace ndispool::verify
