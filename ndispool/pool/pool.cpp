#include "ndispool/pool.h"

#include "ndispool/pool/overflow_part.h"
#include "ndispool/pool/pages.h"
#include "ndispool/pool/static_part.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <mutex>
#include <new>
#include <utility>

namespace ndispool::pool {
namespace {

// No system has that much; and sizes of whole pools stay below 2^64.
constexpr std::size_t max_size = std::size_t{1} << 46;

bool valid(const Shape& shape) {
    return shape.descriptors <= max_capacity && shape.overflow <= max_capacity - shape.descriptors && shape.size >= 1 &&
           shape.size <= max_size && std::has_single_bit(shape.alignment) && shape.alignment <= page_bytes;
}

} // namespace

struct Pool::Core {
    Core(const Shape& the_shape, Pages& the_pages) noexcept
        : shape(the_shape), pages(the_pages), statics(shape, pages), overflow(shape, pages) {}

    [[nodiscard]] std::uint32_t capacity() const { return shape.descriptors + shape.overflow; }

    // Under the lock: what can be had without asking the system.
    std::size_t take(std::span<void*> out);
    // Under the lock: in_use becomes what the counts say.
    void publish() { in_use.store(static_cast<std::uint32_t>(allocations - frees), std::memory_order_release); }

    // constant after construction
    const Shape shape;
    Pages& pages;

    // Written under the lock only; read by anybody, any time. Release: what holders did before their frees is visible
    // to who reads the usage that results, pairs with the acquire in Pool::in_use.
    std::atomic<std::uint32_t> in_use{0};

    // Guards all below (of the parts: as their headers say), and is never held while the system is asked for anything.
    mutable std::mutex lock;
    StaticPart statics;
    OverflowPart overflow;
    std::uint32_t peak = 0;
    std::uint32_t overflow_peak = 0;
    std::uint64_t allocations = 0;
    std::uint64_t frees = 0;
    std::uint64_t refusals = 0;
};

std::size_t Pool::Core::take(std::span<void*> out) {
    std::size_t count = statics.take(out);
    if (count < out.size())
        count += overflow.take(out.subspan(count));
    allocations += count;
    publish();
    peak = std::max(peak, static_cast<std::uint32_t>(allocations - frees));
    overflow_peak = std::max(overflow_peak, overflow.in_use());
    return count;
}

Pool::Pool(std::unique_ptr<Core> core) noexcept : core_(std::move(core)) {}

std::unique_ptr<Pool> Pool::create(const Shape& shape, Pages& pages) noexcept {
    if (!valid(shape))
        return nullptr;
    std::unique_ptr<Core> core(new (std::nothrow) Core(shape, pages));
    if (!core || !core->statics.ok() || !core->overflow.ok())
        return nullptr;
    return std::unique_ptr<Pool>(new (std::nothrow) Pool(std::move(core)));
}

// The free that brought in_use to 0 may still hold the lock; after it let go it touches nothing of the pool.
Pool::~Pool() {
    std::lock_guard last(core_->lock);
}

void* Pool::allocate() noexcept {
    void* descriptor = nullptr;
    return allocate({&descriptor, 1}) == 1 ? descriptor : nullptr;
}

std::size_t Pool::allocate(std::span<void*> out) noexcept {
    Core& core = *core_;
    LeavingChunks unneeded(core.overflow.layout(), core.pages);
    std::unique_lock held(core.lock);
    std::size_t got = core.take(out);
    const auto wants_more = [&] {
        return got < out.size() &&
               core.in_use.load(std::memory_order_relaxed) < core.capacity(); // relaxed: lock is held
    };
    while (wants_more()) {
        held.unlock();
        Chunk* chunk = Chunk::map(core.overflow.layout(), core.pages);
        held.lock();
        // Meanwhile descriptors may have come back, another thread may have brought a chunk, or taken the last.
        got += core.take(out.subspan(got));
        if (!chunk)
            break;
        if (wants_more()) {
            core.overflow.add(chunk);
            got += core.take(out.subspan(got));
        } else {
            unneeded.push(chunk);
        }
    }
    if (got < out.size())
        ++core.refusals;
    return got;
}

bool Pool::free(void* descriptor) noexcept {
    return free({&descriptor, 1}) == 1;
}

std::size_t Pool::free(std::span<void* const> descriptors) noexcept {
    Core& core = *core_;
    LeavingChunks leaving(core.overflow.layout(), core.pages);
    std::lock_guard held(core.lock);
    std::size_t count = 0;
    for (void* descriptor : descriptors)
        if (core.statics.give(descriptor) || core.overflow.give(descriptor, leaving))
            ++count;
    core.frees += count;
    core.publish();
    return count;
}

std::uint32_t Pool::in_use() const noexcept {
    return core_->in_use.load(std::memory_order_acquire); // pairs with the release in Core::publish
}

const Shape& Pool::shape() const noexcept {
    return core_->shape;
}

std::uint32_t Pool::capacity() const noexcept {
    return core_->capacity();
}

bool Pool::owns(const void* pointer) const noexcept {
    return core_->statics.index_of(pointer).has_value() || is_allocated(pointer);
}

bool Pool::is_allocated(const void* pointer) const noexcept {
    std::lock_guard held(core_->lock);
    const auto index = core_->statics.index_of(pointer);
    return index ? core_->statics.is_out(*index) : core_->overflow.is_out(pointer);
}

void Pool::for_each_in_use(const std::function<void(void*)>& visit) const {
    std::lock_guard held(core_->lock);
    core_->statics.for_each_out(visit);
    core_->overflow.for_each_out(visit);
}

Snapshot Pool::snapshot() const noexcept {
    std::lock_guard held(core_->lock);
    return {.shape = core_->shape,
            .in_use = core_->in_use.load(std::memory_order_relaxed), // relaxed: written under the lock
            .peak = core_->peak,
            .overflow_in_use = core_->overflow.in_use(),
            .overflow_peak = core_->overflow_peak,
            .allocations = core_->allocations,
            .frees = core_->frees,
            .refusals = core_->refusals,
            .bytes = sizeof(Core) + core_->statics.bytes() + core_->overflow.bytes()};
}

} // namespace ndispool::pool
