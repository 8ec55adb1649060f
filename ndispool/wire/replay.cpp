#include "ndispool/wire/replay.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <fcntl.h>
#include <pcap/pcap.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ndispool/wire/layers.h"
#include "ndispool/wire/one_line.h"
#include "ndispool/wire/timestamp.h"

namespace ndispool::wire {

namespace {

constexpr std::size_t read_buffer_bytes = 128 * 1024;
constexpr std::size_t arena_bytes = 512 * 1024;
static_assert(arena_bytes >= 256 * 1514 + max_frame_bytes, "256 frames of ordinary Ethernet are one batch");

struct FileCloser {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

[[noreturn]] void refuse(const Spec& spec, const std::string& wrong_and_remedy) {
    throw Error(Error::Kind::usage_or_file, spec.message(wrong_and_remedy));
}

File open_file(const Spec& spec) {
    const int descriptor = ::open(std::string(spec.argument).c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        refuse(spec, errno_text(errno) + "; name a capture file that you may read");
    File file(::fdopen(descriptor, "rb"));
    struct stat status {};
    ::fstat(descriptor, &status);
    if (S_ISDIR(status.st_mode))
        refuse(spec, "this is a directory; name a capture file in it");
    if (S_ISREG(status.st_mode) && status.st_size == 0)
        refuse(spec, "the file is empty; capture it again");
    return file;
}

// The program that unpacks a file of this kind; null when it is not packed (or a pipe, which cannot be looked at
// twice).
const char* unpacker(std::FILE* file) {
    struct Packing {
        std::string_view magic;
        const char* program;
    };
    constexpr auto packings = std::to_array<Packing>({{"\x1f\x8b", "gunzip"},
                                                      {"BZh", "bunzip2"},
                                                      {"\xfd"
                                                       "7zXZ",
                                                       "unxz"},
                                                      {"\x28\xb5\x2f\xfd", "unzstd"}});
    std::array<char, 8> start{};
    if (::pread(::fileno(file), start.data(), start.size(), 0) <= 0)
        return nullptr;
    for (const Packing& packing : packings)
        if (std::string_view(start.data(), start.size()).starts_with(packing.magic))
            return packing.program;
    return nullptr;
}

// libpcap's own words tell the cases apart; unknown words are passed on.
[[noreturn]] void refuse_capture(const Spec& spec, std::FILE* file, const std::string& words) {
    if (words.find("truncated") != std::string::npos)
        refuse(spec, "the capture is cut off before its first frame (" + words + "); capture it again");
    if (words != "unknown file format")
        refuse(spec,
               "the capture cannot be read (" + words + "); write it anew as pcap, for example with editcap -F pcap");
    if (const char* program = unpacker(file))
        refuse(spec, std::string("the file is compressed; unpack it first with ") + program);
    refuse(
        spec,
        "not a capture; it must be pcap (first bytes a1b2c3d4, or a1b23c4d for nanoseconds, in either byte order) or "
        "pcapng (0a0d0d0a); editcap -F pcap converts many other kinds");
}

void require_ethernet(const Spec& spec, pcap_t* capture) {
    const int type = pcap_datalink(capture);
    if (type == DLT_EN10MB)
        return;
    const char* name = pcap_datalink_val_to_name(type);
    refuse(spec, "the capture's link type is " + (name ? std::string(name) : "number " + std::to_string(type)) +
                     ", not Ethernet (EN10MB); capture on one Ethernet interface, not on 'any'");
}

std::uint64_t time_of(const pcap_pkthdr& header) {
    // Seconds of a classic capture are 32 unsigned bits, which libpcap reads as signed: after 2038 they look negative.
    const std::int64_t seconds = header.ts.tv_sec < 0 ? header.ts.tv_sec + (1LL << 32) : header.ts.tv_sec;
    return to_system_time({seconds, header.ts.tv_usec}); // nanoseconds, as asked of libpcap
}

std::uint64_t steady_100ns() noexcept {
    using Ticks = std::chrono::duration<std::uint64_t, std::ratio<1, 10'000'000>>;
    return std::chrono::duration_cast<Ticks>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

} // namespace

void Replay::Closer::operator()(pcap* capture) const {
    pcap_close(capture);
}

Replay::Replay(const Spec& spec, std::FILE* opened, const Options& options)
    : Wire(std::string(spec.text)), paced_(options.paced),
      now_100ns_(options.now_100ns ? options.now_100ns : steady_100ns), file_(spec.argument),
      read_buffer_(std::make_unique_for_overwrite<char[]>(read_buffer_bytes)),
      arena_(std::make_unique_for_overwrite<std::byte[]>(arena_bytes)) {
    File file(opened);
    std::setvbuf(opened, read_buffer_.get(), _IOFBF, read_buffer_bytes);
    std::array<char, PCAP_ERRBUF_SIZE> words{};
    capture_.reset(pcap_fopen_offline_with_tstamp_precision(opened, PCAP_TSTAMP_PRECISION_NANO, words.data()));
    if (!capture_)
        refuse_capture(spec, opened, words.data());
    static_cast<void>(file.release()); // libpcap closes it from here on
    require_ethernet(spec, capture_.get());
}

Replay::~Replay() = default;

std::size_t Replay::receive(std::span<Frame> frames) {
    std::size_t count = 0;
    std::size_t used = 0;
    while (count < frames.size() && arena_bytes - used >= max_frame_bytes && look_ahead() && due()) {
        frames[count] = take(arena_.get() + used);
        used += frames[count++].bytes.size();
    }
    count_in(frames.first(count));
    return count;
}

std::size_t Replay::transmit(std::span<const Frame> frames) {
    count_out(frames);
    return frames.size();
}

void Replay::close() {
    next_ = nullptr;
    capture_.reset();
    ended_.store(true, std::memory_order_release);
}

// Reads on to a frame that can be given; false at the end.
bool Replay::look_ahead() {
    while (!next_ && !ended_.load(std::memory_order_relaxed)) { // only this thread and close() write it
        const int result = pcap_next_ex(capture_.get(), &next_, &next_bytes_);
        if (result != 1) {
            next_ = nullptr;
            if (result != PCAP_ERROR_BREAK) // that is the proper end
                end_with_trouble();
            // Pairs with the acquire in ended(): who sees the end sees its trouble.
            ended_.store(true, std::memory_order_release);
        } else if (next_->caplen < ethernet_header_bytes || next_->caplen > max_frame_bytes) {
            next_ = nullptr;
            count_skipped();
        }
    }
    return next_;
}

bool Replay::due() {
    if (!paced_)
        return true;
    const std::uint64_t now = now_100ns_();
    const std::uint64_t time = time_of(*next_);
    if (given_ == 0) {
        first_time_ = time;
        first_given_ = now;
    }
    const std::uint64_t distance_100ns = time > first_time_ ? time - first_time_ : 0;
    return now - first_given_ >= distance_100ns;
}

// Moves the frame read ahead out of libpcap's buffer, which holds one frame only.
Frame Replay::take(std::byte* into) {
    std::memcpy(into, next_bytes_, next_->caplen);
    if (next_->caplen < next_->len)
        count_snapped();
    const Frame frame{{into, next_->caplen}, time_of(*next_)};
    next_ = nullptr;
    ++given_;
    return frame;
}

void Replay::end_with_trouble() {
    const std::string words = pcap_geterr(capture_.get());
    const bool cut = words.find("truncated") != std::string::npos;
    set_trouble(std::string(spec()) + ": the capture is " + (cut ? "cut off" : "damaged") + " after " +
                std::to_string(given_) + " whole frames, which were replayed (" + words +
                "); capture it again, or keep those frames alone with: tcpdump -r " + file_ + " -w NEWFILE");
}

std::unique_ptr<Wire> open_replay(const Spec& spec, const Options& options) {
    if (spec.argument.empty())
        refuse(spec, "the file name is missing; write replay:FILE");
    return std::make_unique<Replay>(spec, open_file(spec).release(), options);
}

} // namespace ndispool::wire
