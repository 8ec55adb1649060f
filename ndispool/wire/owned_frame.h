// A frame that keeps its own bytes, for wires that live in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ndispool/wire/wire.h"

namespace ndispool::wire {

struct OwnedFrame {
    std::vector<std::byte> bytes;
    std::uint64_t time_100ns = 0;

    OwnedFrame() = default;
    OwnedFrame(std::vector<std::byte> bytes, std::uint64_t time_100ns = 0)
        : bytes(std::move(bytes)), time_100ns(time_100ns) {}
    explicit OwnedFrame(const Frame& frame)
        : bytes(frame.bytes.begin(), frame.bytes.end()), time_100ns(frame.time_100ns) {}

    Frame view() const { return {bytes, time_100ns}; }
    bool operator==(const OwnedFrame&) const = default;
};

} // namespace ndispool::wire
