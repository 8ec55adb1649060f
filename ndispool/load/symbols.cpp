#include "ndispool/load/symbols.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace ndispool::load {

Symbols::Symbols(std::vector<Symbol> symbols) : sorted_(std::move(symbols)) {
    std::sort(sorted_.begin(), sorted_.end(), [](const Symbol& a, const Symbol& b) {
        return std::tie(a.value, a.bytes, a.name) < std::tie(b.value, b.bytes, b.name);
    });
}

const Symbol* Symbols::at(std::uint64_t value) const {
    const auto behind = std::upper_bound(sorted_.begin(), sorted_.end(), value,
                                         [](std::uint64_t v, const Symbol& symbol) { return v < symbol.value; });
    if (behind == sorted_.begin())
        return nullptr;
    const Symbol& nearest = *std::prev(behind);
    return nearest.bytes == 0 || value - nearest.value < nearest.bytes ? &nearest : nullptr;
}

} // namespace ndispool::load
