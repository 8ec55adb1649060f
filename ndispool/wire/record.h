// record:FILE writes every frame it is given to a classic pcap file: Ethernet, nanosecond times. Written by libpcap.
//   Holds:     FILE appears when close() has returned (part_file.h). A frame without a time gets the time at which it
//   was taken;
//              times are kept to 100 ns, within 1970 to 2106, the years that the format knows.
//              A pipe gets each batch at once, a regular file in large pieces.
//   Trouble:   a failed write (a full disk) shows in trouble() once the system reports it, and close() throws it.
//   Receives nothing.
#pragma once

#include <memory>

#include "ndispool/wire/part_file.h"
#include "ndispool/wire/wire.h"

struct pcap;
struct pcap_dumper;

namespace ndispool::wire {

class Record final : public Wire {
  public:
    explicit Record(const Spec& spec); // throws Error
    ~Record() override;                // without close(): nothing is kept

    std::size_t receive(std::span<Frame>) override { return 0; }
    std::size_t transmit(std::span<const Frame> frames) override;
    bool ended() const override { return false; }
    bool finite() const override { return false; }
    bool offers() const override { return false; }
    void close() override;

  private:
    struct Closer {
        void operator()(pcap* format) const;
        void operator()(pcap_dumper* dump) const;
    };

    void write(const Frame& frame, std::uint64_t system_time_100ns);
    void fail(int error);

    // The transmitting thread's.
    PartFile file_;
    std::unique_ptr<char[]> write_buffer_; // the C library's while dump_ is open
    std::unique_ptr<pcap, Closer> format_;
    std::unique_ptr<pcap_dumper, Closer> dump_; // null once closed; writes into both, so it goes first
    bool failed_ = false;
};

std::unique_ptr<Wire> open_record(const Spec& spec, const Options& options);

} // namespace ndispool::wire
