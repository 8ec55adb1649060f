#include "ndispool/pool.h"

#include "ndispool/pool/pages.h"
#include "ndispool/pool/row.h"
#include "ndispool/pool/supply.h"
#include "ndispool/pool/thread_slots.h"

#include <atomic>
#include <bit>
#include <climits>
#include <ctime>
#include <linux/futex.h>
#include <mutex>
#include <new>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace ndispool::pool {
namespace {

// No system has that much; and sizes of whole pools stay below 2^64.
constexpr std::size_t max_size = std::size_t{1} << 46;

bool valid(const Shape& shape) {
    return shape.descriptors <= max_capacity && shape.overflow <= max_capacity - shape.descriptors && shape.size >= 1 &&
           shape.size <= max_size && std::has_single_bit(shape.alignment) && shape.alignment <= page_bytes;
}

std::uint32_t to_count(std::uint64_t value) {
    return static_cast<std::uint32_t>(value);
}

void wake(std::atomic<std::uint32_t>& wakeups) noexcept {
    syscall(SYS_futex, &wakeups, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

} // namespace

struct Pool::Core {
    Core(const Shape& the_shape, const detail::Row& row, Pages& the_pages) noexcept
        : shape(the_shape), row_bytes(row_bytes_of(shape)), pages(the_pages),
          supply(shape, row, pages, heavy_barrier_works()) {}
    ~Core() {
        if (row_bytes != 0)
            pages.unmap(supply.engine().row().start(), row_bytes);
    }

    // constant after construction
    const Shape shape;
    const std::size_t row_bytes;
    Pages& pages;

    // Calls of allocate that got fewer than they asked for, and of reserve that got nothing.
    std::atomic<std::uint64_t> refusals{0};
    Supply<detail::Native, std::mutex> supply;
};

Pool::Pool(std::unique_ptr<Core> core) noexcept : row_(core->supply.engine().row()), core_(std::move(core)) {
    static_assert(sizeof(Pool) <= detail::Entry::distance && offsetof(Pool, no_entry_) == 0);
}

std::unique_ptr<Pool> Pool::create(const Shape& shape, Pages& pages) noexcept {
    if (!valid(shape))
        return nullptr;
    const std::size_t bytes = row_bytes_of(shape);
    std::byte* const start = bytes != 0 ? static_cast<std::byte*>(pages.map(bytes)) : nullptr;
    if (start == nullptr && bytes != 0)
        return nullptr;
    const detail::Row row(start, stride_of(shape), shape.descriptors);
    std::unique_ptr<Core> core(new (std::nothrow) Core(shape, row, pages));
    if (!core && bytes != 0)
        pages.unmap(start, bytes);
    if (!core || !core->supply.ok())
        return nullptr;
    void* const place = take_place(core->supply.engine());
    return std::unique_ptr<Pool>(place != nullptr ? new (place) Pool(std::move(core)) : nullptr);
}

void Pool::operator delete(void* pool) noexcept {
    free_place(pool);
}

// A free that brought in_use to 0 may still hold a lock; after it let go it touches nothing of the pool.
Pool::~Pool() {
    forget_slots(this, core_->supply.engine());
    core_->supply.wait_for_lock_holders();
}

void* Pool::allocate_slowly() noexcept {
    void* descriptor;
    return allocate_slowly({&descriptor, 1}) == 1 ? descriptor : nullptr;
}

bool Pool::free_slowly(void* descriptor) noexcept {
    return free_slowly({&descriptor, 1}) == 1;
}

std::size_t Pool::allocate_slowly(std::span<void*> out) noexcept {
    const std::size_t got = core_->supply.take(slot_of_this_thread(this), out);
    if (got < out.size())
        core_->refusals.fetch_add(1, std::memory_order_relaxed); // a number; orders no other data
    return got;
}

std::size_t Pool::free_slowly(std::span<void* const> descriptors) noexcept {
    return core_->supply.give(slot_of_this_thread(this), descriptors, wake);
}

std::uint32_t Pool::in_use() const noexcept {
    return core_->supply.in_use();
}

Reservation Pool::reserve(std::uint32_t descriptors) noexcept {
    Reservation reserved;
    const std::unique_ptr<void*[]> all(descriptors > capacity() ? nullptr : new (std::nothrow) void*[descriptors]);
    if (!all || !core_->supply.reserve(slot_of_this_thread(this), {all.get(), descriptors})) {
        core_->refusals.fetch_add(1, std::memory_order_relaxed); // as above
        return reserved;
    }
    reserved.pool_ = this;
    for (void* descriptor : std::span(all.get(), descriptors)) {
        std::memcpy(descriptor, &reserved.first_, sizeof reserved.first_);
        reserved.first_ = descriptor;
    }
    reserved.size_ = descriptors;
    return reserved;
}

bool Pool::wait_until_empty(std::chrono::nanoseconds limit) noexcept {
    using Clock = std::chrono::steady_clock; // the futex's
    const Clock::time_point now = Clock::now();
    const Clock::time_point end = limit < Clock::time_point::max() - now ? now + limit : Clock::time_point::max();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(end.time_since_epoch());
    const timespec until{.tv_sec = seconds.count(), .tv_nsec = (end.time_since_epoch() - seconds).count()};
    auto& supply = core_->supply;
    auto& wakeups = supply.wakeups();
    supply.watch();
    bool empty = false;
    for (;;) {
        // Acquire pairs with the release of who adds: one that is seen here, in_use() below sees the reason of.
        const std::uint32_t seen = wakeups.load(std::memory_order_acquire);
        empty = supply.in_use() == 0;
        if (empty || Clock::now() >= end)
            break;
        syscall(SYS_futex, &wakeups, FUTEX_WAIT_BITSET_PRIVATE, seen, &until, nullptr, FUTEX_BITSET_MATCH_ANY);
    }
    supply.unwatch();
    return empty;
}

const Shape& Pool::shape() const noexcept {
    return core_->shape;
}

std::uint32_t Pool::capacity() const noexcept {
    return core_->supply.capacity();
}

bool Pool::owns(const void* pointer) const noexcept {
    return is_static(pointer) || core_->supply.has_out(pointer);
}

bool Pool::is_allocated(const void* pointer) const noexcept {
    const std::uint64_t asked = row_.index_of(pointer);
    if (asked >= row_.count())
        return core_->supply.has_out(pointer);
    bool free = false;
    core_->supply.engine().for_each_free([&](std::uint64_t index) { free |= index == asked; });
    return !free;
}

void Pool::for_each_in_use(const std::function<void(void*)>& visit) const {
    std::vector<bool> out(row_.count(), true);
    const auto statics = [&](NativeEngine& engine) {
        engine.for_each_free([&](std::uint64_t index) { out[index] = false; });
        for (std::uint32_t index = 0; index < row_.count(); ++index)
            if (out[index])
                visit(row_.at(index));
    };
    core_->supply.for_each_out(statics, visit);
}

Snapshot Pool::snapshot() const noexcept {
    auto& supply = core_->supply;
    NativeEngine& engine = supply.engine();
    const auto now = supply.usage();
    engine.raise_peak(now.sum.used());
    return {.shape = core_->shape,
            .in_use = to_count(now.sum.used()),
            .peak = engine.peak(),
            .overflow_in_use = now.overflow,
            .overflow_peak = now.overflow_peak,
            .allocations = now.sum.allocations,
            .frees = now.sum.frees,
            .refusals = core_->refusals.load(std::memory_order_relaxed),
            .bytes = engine.bytes() + sizeof(Core) - sizeof(NativeEngine) + core_->row_bytes + now.overflow_bytes};
}

} // namespace ndispool::pool
