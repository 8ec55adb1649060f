// Any frames through a driver, from both sides. passthru passes every frame on unchanged and in order, netvmini gives back what its port
// sends, ndisprot answers to whom it was asked by; whatever it is, the driver works on.
//   Input: frames, each behind two bytes: its length, little-endian, and in the highest bit whether it comes from above.
#include "stack.h"

#include "ndispool/machine/poller.h"
#include "ndispool/wire/cable.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string_view>

namespace {

using namespace ndispool;
using fuzz::require;

using Bytes = std::vector<std::byte>;

constexpr std::size_t header_bytes = 14, address_bytes = 6, most_frames = 64;
constexpr std::chrono::seconds patience{20};

enum class Driver { passthru, ndisprot, netvmini };
constexpr std::string_view path = NDISPOOL_DRIVER;
constexpr Driver driver = path.ends_with("passthru.so")   ? Driver::passthru
                          : path.ends_with("ndisprot.so") ? Driver::ndisprot
                                                          : Driver::netvmini;

struct Frames {
    std::vector<Bytes> from_below, from_above;
};

Frames frames_of(std::span<const std::byte> input) {
    Frames frames;
    while (input.size() > 2 && frames.from_below.size() + frames.from_above.size() < most_frames) {
        const auto word = std::to_integer<unsigned>(input[0]) | std::to_integer<unsigned>(input[1]) << 8;
        input = input.subspan(2);
        const std::span<const std::byte> frame = input.first(std::min<std::size_t>(word & 0x7FFF, input.size()));
        input = input.subspan(frame.size());
        if (!frame.empty()) // no wire gives such a frame
            (word & 0x8000 ? frames.from_above : frames.from_below).emplace_back(frame.begin(), frame.end());
    }
    return frames;
}

// To all, of a type that every driver answers or passes, with a number of its own: when it is out, what came before it is too.
Bytes marker() {
    static std::uint64_t number = 0;
    ++number;
    Bytes frame(60);
    std::fill_n(frame.begin(), address_bytes, std::byte{0xFF});
    frame[address_bytes] = std::byte{2};
    frame[12] = std::byte{0x88};
    frame[13] = std::byte{0xB5};
    std::memcpy(frame.data() + 52, &number, sizeof number);
    return frame;
}

bool same_behind_addresses(const Bytes& a, const Bytes& b) {
    return std::equal(a.begin() + 2 * address_bytes, a.end(), b.begin() + 2 * address_bytes, b.end());
}

void give(wire::Wire& outside, const std::vector<Bytes>& frames) {
    for (const Bytes& frame : frames) {
        const wire::Frame one{frame};
        require(outside.transmit(std::span(&one, 1)) == 1, "a cable for 4096 frames is full");
    }
    machine::wake(0);
    machine::wake(1);
}

// What comes out up to the marker.
std::vector<Bytes> take(wire::Wire& outside, const Bytes& marker) {
    std::vector<Bytes> out;
    const auto give_up = std::chrono::steady_clock::now() + patience;
    for (wire::Frame frame;;) {
        if (outside.receive(std::span(&frame, 1)) == 0) {
            require(std::chrono::steady_clock::now() < give_up,
                    "a frame that the driver should answer or pass is lost");
            std::this_thread::sleep_for(std::chrono::microseconds(20));
            continue;
        }
        out.emplace_back(frame.bytes.begin(), frame.bytes.end());
        if (out.back().size() == marker.size() && same_behind_addresses(out.back(), marker)) {
            out.pop_back();
            return out;
        }
    }
}

// Every one, and nothing else.
void require_passed(const std::vector<Bytes>& in, const std::vector<Bytes>& out) {
    for (std::size_t i = 0; i < std::min(in.size(), out.size()); ++i)
        require(out[i] == in[i], "a frame came out changed or out of order");
    require(out.size() >= in.size(), "a frame is lost");
    require(out.size() <= in.size(), "a frame came out that did not go in");
}

// As a port of a hub does: frames of Ethernet only, the short ones filled up.
std::vector<Bytes> reflected(std::vector<Bytes> frames) {
    constexpr std::size_t shortest = 60, longest = 1514;
    std::erase_if(frames, [](const Bytes& frame) { return frame.size() < header_bytes || frame.size() > longest; });
    for (Bytes& frame : frames)
        frame.resize(std::max(frame.size(), shortest));
    return frames;
}

bool is_for_source(const Bytes& answer, const Bytes& question) {
    return question.size() >= header_bytes && answer.size() >= header_bytes &&
           std::equal(answer.begin(), answer.begin() + address_bytes, question.begin() + address_bytes);
}

void require_answers(const std::vector<Bytes>& in, const std::vector<Bytes>& out) {
    for (const Bytes& answer : out)
        require(
            std::any_of(in.begin(), in.end(), [&](const Bytes& question) { return is_for_source(answer, question); }),
            "an answer to nobody who asked");
}

struct Rig {
    std::pair<std::unique_ptr<wire::Wire>, std::unique_ptr<wire::Wire>> below = wire::cable(), above = wire::cable();
    fuzz::Stack stack{NDISPOOL_DRIVER, *below.first, *above.first};

    std::vector<Bytes> through(wire::Wire& from, std::vector<Bytes> frames, wire::Wire& to) {
        frames.push_back(marker());
        give(from, frames);
        return take(to, frames.back());
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Rig& rig = *new Rig;
    const Frames frames = frames_of(std::as_bytes(std::span(data, size)));
    wire::Wire &below = *rig.below.second, &above = *rig.above.second;
    switch (driver) {
    case Driver::passthru:
        require_passed(frames.from_below, rig.through(below, frames.from_below, above));
        require_passed(frames.from_above, rig.through(above, frames.from_above, below));
        break;
    case Driver::ndisprot:
        require_answers(frames.from_below, rig.through(below, frames.from_below, below));
        break;
    case Driver::netvmini:
        require_passed(reflected(frames.from_above), rig.through(above, frames.from_above, above));
        break;
    }
    return 0;
}
