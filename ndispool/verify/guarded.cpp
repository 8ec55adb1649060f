#include "ndispool/verify/guarded.h"

#include "ndispool/machine/lock.h"
#include "ndispool/verify/quarantine.h"

#include <array>
#include <atomic>
#include <cstring>
#include <sys/mman.h>
#include <vector>

namespace ndispool::verify {

namespace {

// Pages of one block with an inaccessible page behind them; the one in front is that of the slot before.
struct Slot {
    std::atomic<std::byte*> block{nullptr}; // null: free
    std::atomic<bool> accessible{false};    // its own pages
    std::atomic<bool> guard_open{false};    // the page behind
};

// The slots for blocks of so many pages.
class Region {
  public:
    // Slot 0 is never used: the page behind it is the one in front of slot 1.
    Region(std::size_t pages, std::size_t count) : pages_(pages), slots_(count + 1) {
        void* const memory = mmap(nullptr, bytes(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED)
            return;
        first_ = static_cast<std::byte*>(memory) + page_bytes;
        for (std::size_t i = count; i > 0; --i)
            free_.push_back(static_cast<std::uint32_t>(i));
    }

    std::optional<Guarded> allocate(std::size_t bytes, std::size_t alignment) {
        std::uint32_t number;
        {
            const machine::Locked locked(lock_);
            if (free_.empty())
                return std::nullopt;
            number = free_.back();
            free_.pop_back();
        }
        Slot& slot = slots_[number];
        if (!slot.accessible.load(std::memory_order_relaxed) &&
            !protect(begin_of(number), pages_, PROT_READ | PROT_WRITE)) {
            const machine::Locked locked(lock_);
            free_.push_back(number);
            return std::nullopt;
        }
        slot.accessible.store(true, std::memory_order_relaxed);
        close_guard(number - 1);
        close_guard(number);
        std::byte* const end = begin_of(number) + pages_ * page_bytes;
        std::byte* const block = end - (bytes + alignment - 1) / alignment * alignment;
        slot.block.store(block, std::memory_order_release); // pairs with whoever touches it
        return Guarded{block, static_cast<std::size_t>(block - begin_of(number)),
                       static_cast<std::size_t>(end - block) - bytes, pages_};
    }

    bool has(std::uintptr_t address) const {
        const auto first = reinterpret_cast<std::uintptr_t>(first_);
        return first_ && address >= first - page_bytes && address < first - page_bytes + bytes();
    }

    void close(const std::byte* block) noexcept {
        const std::size_t number = number_of(block);
        if (protect(begin_of(number), pages_, PROT_NONE))
            slots_[number].accessible.store(false, std::memory_order_relaxed);
    }

    void release(const std::byte* block) noexcept {
        const std::size_t number = number_of(block);
        Slot& slot = slots_[number];
        slot.block.store(nullptr, std::memory_order_relaxed);
        close_guard(number);
        const machine::Locked locked(lock_);
        free_.push_back(static_cast<std::uint32_t>(number)); // within capacity: it was there before
    }

    bool is_closed(const void* address) const noexcept {
        const Slot& slot = slots_[number_of(address)];
        return slot.block.load(std::memory_order_acquire) && !slot.accessible.load(std::memory_order_relaxed);
    }

    Touch open_for(std::uintptr_t address) noexcept {
        const auto offset = address - reinterpret_cast<std::uintptr_t>(first_) + page_bytes; // from the first guard
        const std::size_t page = offset / page_bytes, in_slot = page % (pages_ + 1);
        if (in_slot == 0)
            return page == 0 ? Touch{} : open_guard(page / (pages_ + 1) - 1, address);
        const std::size_t number = page / (pages_ + 1);
        std::byte* const block = slots_[number].block.load(std::memory_order_acquire);
        if (!block || !protect(begin_of(number), pages_, PROT_READ | PROT_WRITE))
            return {};
        return {block, !slots_[number].accessible.exchange(true, std::memory_order_relaxed)};
    }

    // The guard behind this slot: of its block, or of the next one, whichever is nearer.
    Touch open_guard(std::size_t number, std::uintptr_t address) noexcept {
        std::byte* block = slots_[number].block.load(std::memory_order_acquire);
        std::byte* const next =
            number + 1 < slots_.size() ? slots_[number + 1].block.load(std::memory_order_acquire) : nullptr;
        const auto behind = address - reinterpret_cast<std::uintptr_t>(guard_of(number));
        if (next && (!block || reinterpret_cast<std::uintptr_t>(next) - address < behind))
            block = next;
        if (!block || !protect(guard_of(number), 1, PROT_READ | PROT_WRITE))
            return {};
        const bool first = !slots_[number].guard_open.exchange(true, std::memory_order_relaxed);
        if (first)
            std::memset(guard_of(number), canary_byte, page_bytes);
        return {block, first};
    }

    void forget() {
        for (std::size_t i = 0; i < slots_.size(); ++i)
            if (std::byte* const block = slots_[i].block.load(std::memory_order_relaxed))
                release(block);
    }

  private:
    std::size_t bytes() const { return (slots_.size() * (pages_ + 1) + 1) * page_bytes; }
    std::byte* begin_of(std::size_t number) const { return first_ + number * (pages_ + 1) * page_bytes; }
    std::byte* guard_of(std::size_t number) const { return begin_of(number) + pages_ * page_bytes; }
    std::size_t number_of(const void* block) const {
        return static_cast<std::size_t>(static_cast<const std::byte*>(block) - first_) / ((pages_ + 1) * page_bytes);
    }
    void close_guard(std::size_t number) noexcept {
        if (slots_[number].guard_open.exchange(false, std::memory_order_relaxed))
            protect(guard_of(number), 1, PROT_NONE);
    }
    static bool protect(std::byte* begin, std::size_t pages, int how) noexcept {
        return mprotect(begin, pages * page_bytes, how) == 0;
    }

    const std::size_t pages_;
    std::byte* first_ = nullptr;
    std::vector<Slot> slots_;
    machine::Lock lock_;
    std::vector<std::uint32_t> free_ NDISPOOL_GUARDED_BY(lock_);
};

std::array<Region, 4>& regions() {
    static auto& all = *new std::array<Region, 4>{Region(1, 2048), Region(2, 512), Region(4, 128), Region(16, 64)};
    return all;
}
static_assert(2048 + 2 * 512 + 4 * 128 + 16 * 64 == most_pages); // as the header says

// The signal handler must not be the first to make them.
std::array<Region, 4>* const made = &regions();

Region* region_of(const void* address) noexcept {
    for (Region& region : *made)
        if (region.has(reinterpret_cast<std::uintptr_t>(address)))
            return &region;
    return nullptr;
}

} // namespace

std::optional<Guarded> guarded_allocate(std::size_t bytes, std::size_t alignment) {
    const std::size_t pages = (bytes + page_bytes - 1) / page_bytes;
    constexpr std::array<std::size_t, 4> sizes{1, 2, 4, 16};
    for (std::size_t i = 0; i < sizes.size(); ++i)
        if (pages <= sizes[i])
            return regions()[i].allocate(bytes, alignment);
    return std::nullopt;
}

void guarded_close(std::byte* block) noexcept {
    if (Region* const region = region_of(block))
        region->close(block);
}

void guarded_release(std::byte* block) noexcept {
    if (Region* const region = region_of(block))
        region->release(block);
}

bool is_closed(const void* address) noexcept {
    const Region* const region = region_of(address);
    return region && region->is_closed(address);
}

Touch open_for(std::uintptr_t address) noexcept {
    for (Region& region : *made)
        if (region.has(address))
            return region.open_for(address);
    return {};
}

void forget_guarded() {
    for (Region& region : regions())
        region.forget();
}

} // namespace ndispool::verify
