#include "ndispool/wire/spelling.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace ndispool::wire {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() +
                                 1); // row[j]: distance of the read front of `a` to the first j letters of `b`
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> words) {
    std::string_view best;
    std::size_t limit = 3;
    for (std::string_view candidate : words) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < limit && distance * 2 < word.size()) {
            limit = distance;
            best = candidate;
        }
    }
    return best;
}

} // namespace ndispool::wire
