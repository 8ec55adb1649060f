// A wire: bytes in, bytes out. The host takes frames from it and gives frames to it, and knows nothing else about it.
//   Callers:   receive() by one thread at a time and transmit() by one thread at a time; these may be two different
//   threads.
//              close() while neither runs. Every const member: any thread, any time.
//   Holds:     the views that receive() gave stay valid until the next receive() or close() on this wire. Frames keep
//   their
//              order. What transmit() took will not be asked for again; what it did not take is still the caller's.
//   Trouble:   open() and close() throw Error. receive() and transmit() never do: they keep one line in trouble().
//   Not here:  what a frame means, whom it is for, and waiting: a caller that gets 0 decides when it asks again.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ndispool::wire {

// No Ethernet frame is longer than this (or empty); files and devices never give one.
inline constexpr std::size_t max_frame_bytes = 65535;

struct Frame {
    std::span<const std::byte> bytes;
    std::uint64_t time_100ns = 0; // system time: 100 ns since 1601-01-01 UTC; 0 = unknown
};

// Each number is true by itself; they need not all be of the same instant.
struct Counters {
    std::uint64_t frames_in = 0; // given by the wire to us
    std::uint64_t bytes_in = 0;
    std::uint64_t frames_out = 0; // taken by the wire from us
    std::uint64_t bytes_out = 0;
    std::uint64_t snapped = 0; // of frames_in: those whose end the capture does not hold
    std::uint64_t skipped = 0; // not in frames_in: shorter than an Ethernet header or longer than max_frame_bytes
};

// A count of one wire's own. The name is a literal in the form of a JSON key.
struct Detail {
    const char* name;
    std::uint64_t count;
};

// One line that names the thing, says what is wrong and what to do.
class Error : public std::runtime_error {
  public:
    enum class Kind {
        usage_or_file, // the spec is wrong or its file is
        environment,   // this machine or this build lacks what was asked for
    };
    Error(Kind kind, const std::string& line);
    Kind kind() const { return kind_; }

  private:
    Kind kind_;
};

class Wire {
  public:
    explicit Wire(std::string spec) : spec_(std::move(spec)) {}
    virtual ~Wire() = default;
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    // Fills the front of `frames`, says how many came. 0 is "none now", never "closed".
    [[nodiscard]] virtual std::size_t receive(std::span<Frame> frames) = 0;

    // Says how many it took, from the front; the rest is still yours. A wire in trouble takes everything and counts
    // nothing, so that what is in flight behind it can come home.
    [[nodiscard]] virtual std::size_t transmit(std::span<const Frame> frames) = 0;

    // This wire had an end and has reached it: no later receive() gives a frame.
    virtual bool ended() const = 0;

    // Its end ends the run.
    virtual bool finite() const = 0;

    // It can ever give a frame.
    virtual bool offers() const = 0;

    // Finishes the output: when it returns, the output is complete; when it throws, nothing is left that looks
    // complete. A second call does nothing. Afterwards only the const members mean anything.
    virtual void close() = 0;

    // The one line to show and to fail the run with, as soon as there is one: a capture that is cut off, a full disk.
    // Whoever saw ended() sees the trouble that ended it.
    virtual std::optional<std::string> trouble() const;

    // Becomes readable when receive() may have something, for who would rather sleep than ask; -1: there is none now, ask
    // again. By the receiving thread; it stays open until the next receive(), transmit() or close() at least, and a
    // sleeper needs a limit of its own: a wire may have a frame that no descriptor tells of.
    virtual int descriptor() const { return -1; }

    // What this wire counted besides counters(), each with its name, such as frames that the kernel dropped.
    virtual std::vector<Detail> details() const { return {}; }

    Counters counters() const;
    std::string_view spec() const { return spec_; } // as the user wrote it

  protected:
    void count_in(std::span<const Frame> given) noexcept;
    void count_out(std::span<const Frame> taken) noexcept;
    void count_snapped() noexcept; // by the receiving thread
    void count_skipped() noexcept; // by the receiving thread
    void set_trouble(const std::string& line);

  private:
    const std::string spec_;

    mutable std::mutex trouble_lock_; // guards trouble_
    std::optional<std::string> trouble_;

    // Written by the receiving thread only.
    alignas(64) std::atomic<std::uint64_t> frames_in_{0};
    std::atomic<std::uint64_t> bytes_in_{0}, snapped_{0}, skipped_{0};

    // Written by the transmitting thread only.
    alignas(64) std::atomic<std::uint64_t> frames_out_{0};
    std::atomic<std::uint64_t> bytes_out_{0};
};

struct Options {
    // The clock that pacing follows; null: the system's, which never goes back.
    std::uint64_t (*now_100ns)() noexcept = nullptr;
    std::uint64_t seed = 1; // null:BYTES: what its frames hold; lossy: which frames it drops
    bool paced =
        false; // replay: true gives each frame at its recorded distance from the first; false gives all at once
};

// Makes the wire that `spec` names: replay:FILE, record:FILE, null, null:BYTES, tap:NAME, packet:IFACE, xdp:IFACE or
// lossy:WHAT:WIRE. Throws Error.
std::unique_ptr<Wire> open(std::string_view spec, const Options& options = {});

} // namespace ndispool::wire
