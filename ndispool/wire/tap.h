// tap:NAME is a TAP device: what the kernel sends to the interface NAME comes in here, what is transmitted here the kernel
// receives from it. Made if absent and then up; one that is there (ip tuntap add) is used as it is, and stays.
//   Holds:    the device offers no offload, so the kernel gives whole frames with their checksums and tags.
//   Vanished: a device that was deleted is made again.
#pragma once

#include "ndispool/wire/live.h"
#include "ndispool/wire/scratch.h"

namespace ndispool::wire {

class Tap final : public Live {
  public:
    explicit Tap(const Spec& spec) : Live(spec) {}
    ~Tap() override { close(); }

  private:
    void attach() override;
    void detach() noexcept override { device_ = Descriptor(); }
    bool sound() noexcept override;
    std::size_t take(std::span<Frame> frames) override;
    std::size_t send(std::span<const Frame> frames) override;
    int waitable() const override { return device_.get(); }

    Descriptor device_;
    int index_ = 0;
    Scratch scratch_; // the receiving thread's: the frames of one batch
};

std::unique_ptr<Wire> open_tap(const Spec& spec, const Options& options);

} // namespace ndispool::wire
