// The XDP program of an interface that hands every frame of a queue to an AF_XDP socket; frames of queues without one go on
// to the kernel. Attached by a link that the kernel removes when the process ends, however it ends.
//   Callers:  one thread.
#pragma once

#include "ndispool/wire/descriptor.h"
#include "ndispool/wire/interface.h"

namespace ndispool::wire {

enum class XdpMode : std::uint8_t { native, skb };

class XdpProgram {
  public:
    XdpProgram() = default;
    // Throws Error, also where the driver has no native mode.
    XdpProgram(const Spec& spec, const Link& link, XdpMode mode);

    // Frames of the queue go to the socket from now on. Throws Error.
    void steer(const Spec& spec, unsigned queue, int socket);

  private:
    Descriptor map_, program_, link_;
};

} // namespace ndispool::wire
