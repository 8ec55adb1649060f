// A cable in memory: what is transmitted at one end is received at the other, in order. Tests plug in here.
//   Callers:  as wire.h; the two ends may belong to different threads.
//   Holds:    each direction queues at most `capacity` frames; transmit() takes fewer when it is full.
//             Every frame that was taken is given, unless the other end is destroyed: then the rest is swallowed.
//   Closing:  close() of one end means that it will transmit no more: the other end has ended() once it has received
//   what is
//             still queued. The closed end may go on receiving, also while it closes. Destroying an end closes it.
#pragma once

#include <memory>
#include <utility>

#include "ndispool/wire/wire.h"

namespace ndispool::wire {

struct CableOptions {
    std::size_t capacity = 4096; // frames in each direction; at least 1
    bool first_finite = false;   // the end of what `first` receives ends the run
    bool second_finite = false;
};

std::pair<std::unique_ptr<Wire>, std::unique_ptr<Wire>> cable(const CableOptions& options = {});

} // namespace ndispool::wire
