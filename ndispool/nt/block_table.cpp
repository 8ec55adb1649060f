#include "ndispool/nt/block_table.h"

#include <utility>

namespace ndispool::nt {

std::size_t BlockTable::home(const void* address) const {
    // Blocks are 16 bytes apart at least. The multiplier is 2^64 / golden ratio; its high bits are the well mixed ones.
    const std::uint64_t mixed = (reinterpret_cast<std::uintptr_t>(address) >> 4) * 0x9E3779B97F4A7C15u;
    return (mixed >> 20) & (slots_.size() - 1);
}

void BlockTable::place(const Block& block) {
    std::size_t slot = home(block.address);
    while (slots_[slot].address != nullptr)
        slot = next(slot);
    slots_[slot] = block;
}

void BlockTable::grow() {
    std::vector<Block> old(slots_.empty() ? 16 : slots_.size() * 2);
    std::swap(old, slots_);
    for (const Block& block : old)
        if (block.address != nullptr)
            place(block);
}

void BlockTable::insert(const Block& block) {
    if ((count_ + 1) * 2 > slots_.size())
        grow();
    place(block);
    ++count_;
}

bool BlockTable::erase(const void* address) {
    if (count_ == 0)
        return false;
    std::size_t slot = home(address);
    while (slots_[slot].address != address) {
        if (slots_[slot].address == nullptr)
            return false;
        slot = next(slot);
    }
    close_gap(slot);
    --count_;
    return true;
}

// Moves each later block of the run into the hole if the hole lies between that block's home and its slot.
void BlockTable::close_gap(std::size_t hole) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t slot = next(hole); slots_[slot].address != nullptr; slot = next(slot)) {
        const std::size_t wanted = home(slots_[slot].address);
        if (((slot - wanted) & mask) < ((slot - hole) & mask))
            continue;
        slots_[hole] = slots_[slot];
        hole = slot;
    }
    slots_[hole] = {};
}

void BlockTable::append_to(std::vector<Block>& out) const {
    for (const Block& block : slots_)
        if (block.address != nullptr)
            out.push_back(block);
}

} // namespace ndispool::nt
