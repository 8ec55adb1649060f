// replay:FILE gives the frames of a capture once, in order. Read by libpcap: pcap (either byte order, micro- or
// nanoseconds) and pcapng, of Ethernet.
//   Holds:     a frame that the capture holds only the front of is given as it is and counted as snapped. One shorter than an
//              Ethernet header and one of more than max_frame_bytes is not given and counted as skipped. A damaged or
//              cut-off capture ends after its last whole frame; trouble() then says where. It swallows what it is given.
//   Pacing:    when paced, a frame is given once its recorded distance from the first frame has passed since the first
//   was
//              given; a frame older than the first is due at once.
//   Not here:  waiting, except for a FILE that is a pipe: it is read in whole batches.
#pragma once

#include <atomic>
#include <cstdio>
#include <memory>

#include "ndispool/wire/spec.h"
#include "ndispool/wire/wire.h"

struct pcap;
struct pcap_pkthdr;

namespace ndispool::wire {

class Replay final : public Wire {
  public:
    // Takes over `file`, also when it throws Error because that is no capture.
    Replay(const Spec& spec, std::FILE* file, const Options& options);
    ~Replay() override;

    std::size_t receive(std::span<Frame> frames) override;
    std::size_t transmit(std::span<const Frame> frames) override;
    bool ended() const override { return ended_.load(std::memory_order_acquire); }
    bool finite() const override { return true; }
    bool offers() const override { return true; }
    void close() override;

  private:
    struct Closer {
        void operator()(pcap* capture) const;
    };

    bool look_ahead();
    bool due();
    Frame take(std::byte* into);
    void end_with_trouble();

    const bool paced_; // constant after construction
    std::uint64_t (*const now_100ns_)() noexcept;
    const std::string file_;
    std::unique_ptr<char[]> read_buffer_; // the C library's while capture_ is open, so capture_ goes first
    std::unique_ptr<pcap, Closer> capture_;
    std::unique_ptr<std::byte[]> arena_; // the bytes of the last batch

    // The receiving thread's.
    pcap_pkthdr* next_ = nullptr; // the frame read ahead, libpcap's until it reads on; null when there is none
    const unsigned char* next_bytes_ = nullptr;
    std::uint64_t given_ = 0;       // whole frames given so far
    std::uint64_t first_time_ = 0;  // of the first frame of the capture
    std::uint64_t first_given_ = 0; // when, by the clock below

    std::atomic<bool> ended_{false};
};

std::unique_ptr<Wire> open_replay(const Spec& spec, const Options& options);

} // namespace ndispool::wire
