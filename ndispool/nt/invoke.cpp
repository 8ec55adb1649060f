#include "ndispool/nt/invoke.h"

#include <array>
#include <atomic>
#include <stdexcept>

#include "ndispool/machine/lock.h"

namespace ndispool::nt {
namespace {

struct Range {
    const void* begin = nullptr;
    const void* end = nullptr;
    const void* owner = nullptr;
    Abi abi = Abi::system_v;
};

// A sequence lock without fences: `version_` is odd while a writer is at work.
class CodeMap {
  public:
    void add(const Range& range) {
        const machine::Locked locked(writers_);
        const unsigned count = count_.load(std::memory_order_relaxed);
        if (count == max_code_ranges)
            throw std::length_error("64 driver images are loaded, which is the most: unload one first");
        begin_change();
        store(count, range);
        count_.store(count + 1, std::memory_order_release);
        end_change();
    }

    void remove(const void* begin) {
        const machine::Locked locked(writers_);
        const unsigned count = count_.load(std::memory_order_relaxed);
        for (unsigned i = 0; i < count; ++i) {
            if (slots_[i].begin.load(std::memory_order_relaxed) != begin)
                continue;
            begin_change();
            store(i, load(count - 1));
            count_.store(count - 1, std::memory_order_release);
            end_change();
            return;
        }
    }

    Range find(const void* code) const {
        for (;;) {
            const std::uint32_t before = version_.load(std::memory_order_acquire); // V1, pairs with V2
            const Range found = scan(code);
            // The acquire loads of scan() keep this load behind them: one that saw a change also sees its odd version
            // (V3).
            if (version_.load(std::memory_order_relaxed) == before && before % 2 == 0)
                return found;
        }
    }

  private:
    struct Slot {
        std::atomic<const void*> begin, end, owner;
        std::atomic<Abi> abi;
    };

    Range load(unsigned i) const {
        const Slot& slot = slots_[i];
        return {slot.begin.load(std::memory_order_acquire), slot.end.load(std::memory_order_acquire),
                slot.owner.load(std::memory_order_acquire), slot.abi.load(std::memory_order_acquire)};
    }

    // V3: each release store publishes the odd version stored before it to the acquire loads of load() and scan().
    void store(unsigned i, const Range& range) {
        Slot& slot = slots_[i];
        slot.begin.store(range.begin, std::memory_order_release);
        slot.end.store(range.end, std::memory_order_release);
        slot.owner.store(range.owner, std::memory_order_release);
        slot.abi.store(range.abi, std::memory_order_release);
    }

    Range scan(const void* code) const {
        const unsigned count = count_.load(std::memory_order_acquire);
        for (unsigned i = 0; i < count; ++i) {
            const Range range = load(i);
            if (range.begin <= code && code < range.end)
                return range;
        }
        return {};
    }

    // The writer is alone, so its own read of the version needs no order.
    void begin_change() { version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }
    // V2: whoever reads the even version reads the finished slots.
    void end_change() { version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

    machine::Lock writers_;
    std::atomic<std::uint32_t> version_ = 0;
    std::atomic<unsigned> count_ = 0;
    std::array<Slot, max_code_ranges> slots_{};
};

CodeMap& code_map() {
    static CodeMap map;
    return map;
}

} // namespace

void register_code(const void* begin, const void* end, Abi abi, const void* owner) {
    code_map().add({begin, end, owner, abi});
}

void unregister_code(const void* begin) {
    code_map().remove(begin);
}

Abi abi_of(const void* code) noexcept {
    return code_map().find(code).abi;
}

const void* owner_of(const void* code) noexcept {
    return code_map().find(code).owner;
}

} // namespace ndispool::nt
