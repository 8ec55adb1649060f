#include "ndispool/wire/null.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <random>

namespace ndispool::wire {

namespace {

constexpr std::array<unsigned char, Null::min_bytes> header = {0x02, 'n', 'd', 'i', 's', 0x01, // to
                                                               0x02, 'n', 'd', 'i', 's', 0x02, // from
                                                               0x88, 0xB5};                    // local experimental

std::size_t parse_bytes(const Spec& spec) {
    std::size_t bytes = 0;
    const char* const end = spec.argument.data() + spec.argument.size();
    const auto [stop, error] = std::from_chars(spec.argument.data(), end, bytes);
    if (error != std::errc() || stop != end || bytes < Null::min_bytes || bytes > max_frame_bytes)
        throw Error(
            Error::Kind::usage_or_file,
            spec.message("the frame size must be a number of bytes from 14 to 65535; for example null:64, or null "
                         "alone for a wire that only swallows"));
    return bytes;
}

} // namespace

Null::Null(std::string spec, std::size_t bytes, std::uint64_t seed)
    : Wire(std::move(spec)), bytes_(ring_frames * bytes), ring_(ring_frames) {
    std::mt19937_64 random(seed);
    std::generate(bytes_.begin(), bytes_.end(), [&] { return static_cast<std::byte>(random()); });
    for (std::size_t i = 0; i < ring_frames; ++i) {
        const std::span<std::byte> frame(bytes_.data() + i * bytes, bytes);
        std::copy(header.begin(), header.end(), reinterpret_cast<unsigned char*>(frame.data()));
        ring_[i] = {.bytes = frame};
    }
}

std::size_t Null::receive(std::span<Frame> frames) {
    if (ring_.empty())
        return 0;
    for (std::size_t given = 0; given < frames.size();) {
        const std::size_t run = std::min(frames.size() - given, ring_frames - next_);
        std::copy_n(ring_.begin() + static_cast<std::ptrdiff_t>(next_), run,
                    frames.begin() + static_cast<std::ptrdiff_t>(given));
        given += run;
        next_ = (next_ + run) % ring_frames;
    }
    count_in(frames);
    return frames.size();
}

std::size_t Null::transmit(std::span<const Frame> frames) {
    count_out(frames);
    return frames.size();
}

std::unique_ptr<Wire> open_null(const Spec& spec, const Options& options) {
    if (!spec.has_colon())
        return std::make_unique<Null>(std::string(spec.text));
    return std::make_unique<Null>(std::string(spec.text), parse_bytes(spec), options.seed);
}

} // namespace ndispool::wire
