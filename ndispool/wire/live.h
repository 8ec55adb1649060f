// A wire to an interface of this machine, which may vanish and return while the wire is open.
//   Callers:  as wire.h.
//   Holds:    it has no end. While the interface is away it gives nothing, takes every frame and drops it (a cable that is
//             pulled), and looks for the interface every `look_every`; that is no trouble.
//             Only the receiving thread attaches and detaches, because views it gave may lie in memory of the kernel's.
//   Not here: how frames pass (tap.h, packet.h, xdp.h): they fill in the five functions below.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>

#include "ndispool/wire/interface.h"
#include "ndispool/wire/wire.h"

namespace ndispool::wire {

class Live : public Wire {
  public:
    static constexpr std::chrono::milliseconds look_every{50};

    explicit Live(const Spec& spec) : Live(spec, spec) {}
    // `link`: the same without what is not the name of the interface.
    Live(const Spec& spec, const Spec& link) : Wire(std::string(spec.text)), interface_(link) {}

    // The first attachment; what fails here is the user's or the machine's. Throws Error.
    void open() { attach_now(); }

    std::size_t receive(std::span<Frame> frames) final;
    std::size_t transmit(std::span<const Frame> frames) final;
    bool ended() const final { return false; }
    bool finite() const final { return false; }
    bool offers() const final { return true; }
    void close() final;
    int descriptor() const final { return attached_.load(std::memory_order_relaxed) ? waitable() : -1; }
    std::vector<Detail> details() const final;

  protected:
    // attach() throws Error and has then left nothing behind; detach() undoes it. sound(): the interface is still the one
    // that is attached; called every `look_every`. These three exclude send().
    virtual void attach() = 0;
    virtual void detach() noexcept = 0;
    virtual bool sound() noexcept = 0;
    virtual std::size_t take(std::span<Frame> frames) = 0;       // receive(), while attached
    virtual std::size_t send(std::span<const Frame> frames) = 0; // transmit(), while attached
    virtual int waitable() const = 0;                            // descriptor(), while attached
    virtual void more_details(std::vector<Detail>&) const {}

    // A frame that was taken from the caller and did not get out. By the transmitting thread.
    void count_dropped(std::size_t frames) noexcept { dropped_.fetch_add(frames, std::memory_order_relaxed); }

    const Interface& interface() const { return interface_; }

  private:
    void attach_now();
    void detach_now();
    bool still_sound();
    void look();

    const Interface interface_;
    std::mutex sending_; // guards what send() uses against attach() and detach()
    std::atomic<bool> attached_{false};
    std::atomic<std::uint64_t> dropped_{0}, returns_{0}; // counts; they order no other data
    std::int64_t next_look_ns_ = 0;                      // the receiving thread's
    bool closed_ = false;
};

} // namespace ndispool::wire
