#include "ndispool/observe/pool_chart.h"

#include <algorithm>
#include <fmt/format.h>

namespace ndispool::observe {

namespace {

constexpr double width = 240, height = 14;

std::string bar(const char* what, double from, double to) {
    return fmt::format("<rect class=\"{}\" x=\"{:.1f}\" y=\"0\" width=\"{:.1f}\" height=\"{}\"/>", what, from,
                       std::max(to - from, 0.0), height);
}

} // namespace

// The scale ends at the capacity, but for a pool whose overflow was hardly touched at what shows the peak well.
std::string pool_chart(const ndis::PoolRecord& record) {
    const double used = std::max({record.peak, record.in_use, record.in_use_when_freed});
    const double whole = std::max(record.capacity, 1u);
    const double shown = std::clamp(std::max(static_cast<double>(record.descriptors), used * 1.25), 1.0, whole);
    const auto at = [&](double descriptors) { return std::min(descriptors / shown, 1.0) * width; };
    std::string svg =
        fmt::format("<svg width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\"><title>peak {2} "
                    "of {3}, {4} of them overflow</title>",
                    width, height, record.peak, record.capacity, record.overflow_peak);
    svg += bar("static", 0, at(record.descriptors)) + bar("overflow", at(record.descriptors), width);
    svg += bar("peak", 0, at(record.peak));
    if (record.in_use > 0)
        svg += bar("out", 0, at(record.in_use));
    return svg + "</svg>";
}

} // namespace ndispool::observe
