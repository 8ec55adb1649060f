// What was measured round after round: its median, and the middle half as its spread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace ndispool::bench {

class Rounds {
  public:
    void add(double value) { values_.push_back(value); }
    [[nodiscard]] double median() const { return quantile(0.5); }
    [[nodiscard]] double low() const { return quantile(0.25); }
    [[nodiscard]] double high() const { return quantile(0.75); }
    // Half of the middle half's width, as a part of the median: "+- so many per cent".
    [[nodiscard]] double spread() const { return median() != 0 ? (high() - low()) / median() / 2 : 0; }
    [[nodiscard]] const std::vector<double>& values() const { return values_; }

  private:
    [[nodiscard]] double quantile(double part) const {
        std::vector<double> sorted = values_;
        std::sort(sorted.begin(), sorted.end());
        return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1) + 0.5)];
    }
    std::vector<double> values_;
};

} // namespace ndispool::bench
