// Things by address, in many small tables with a lock each, so that two threads meet only when their things hash alike.
//   Callers:   any thread, any IRQL. What is called back runs under the lock of its shard and takes no other table's lock but
//              but one of a later kind: packets, then buffers, then memory, then events.
//   Not here:  what a record means.
#pragma once

#include "ndispool/machine/lock.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace ndispool::verify {

template <class Record> class Table {
  public:
    // Calls use(record) with what is known under this address, or with null.
    template <class Use> auto find(const void* address, Use use) {
        Shard& shard = shard_of(address);
        const machine::Locked locked(shard.lock);
        const auto found = shard.records.find(address);
        return use(found == shard.records.end() ? nullptr : &found->second);
    }

    // The same with a fresh record when there is none.
    template <class Use> auto make(const void* address, Use use) {
        Shard& shard = shard_of(address);
        const machine::Locked locked(shard.lock);
        return use(shard.records[address]);
    }

    void erase(const void* address) {
        Shard& shard = shard_of(address);
        const machine::Locked locked(shard.lock);
        shard.records.erase(address);
    }

    template <class Use> void each(Use use) {
        for (Shard& shard : shards_) {
            const machine::Locked locked(shard.lock);
            for (auto& [address, record] : shard.records)
                use(address, record);
        }
    }

    template <class Doomed> void erase_if(Doomed doomed) {
        for (Shard& shard : shards_) {
            const machine::Locked locked(shard.lock);
            std::erase_if(shard.records, [&](auto& entry) { return doomed(entry.first, entry.second); });
        }
    }

    std::size_t size() {
        std::size_t total = 0;
        for (Shard& shard : shards_) {
            const machine::Locked locked(shard.lock);
            total += shard.records.size();
        }
        return total;
    }

  private:
    struct alignas(64) Shard {
        machine::Lock lock;
        std::unordered_map<const void*, Record> records; // guarded by lock
    };
    static constexpr std::size_t shard_count = 64;

    Shard& shard_of(const void* address) {
        return shards_[((reinterpret_cast<std::uintptr_t>(address) >> 4) * 0x9E3779B97F4A7C15u) >> 58];
    }

    std::array<Shard, shard_count> shards_;
};

} // namespace ndispool::verify
