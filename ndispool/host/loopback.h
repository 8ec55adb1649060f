// Software loopback: what an adapter that cannot hear itself (NDIS_MAC_OPTION_NO_LOOPBACK) sends, its bindings get.
//   Callers:   the send path, at DISPATCH_LEVEL.
//   Holds:     a looped-back frame is a copy, marked NDIS_FLAGS_IS_LOOPBACK_PACKET and shown with RESOURCES, from a DPC: the
//              sender is never called back inside its own send, and its descriptor is never lent. Some thousands wait at most;
//              further ones are lost.
#pragma once

#include "ndispool/machine/dpc.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <ndis.h>
#include <vector>

namespace ndispool::host {

struct Adapter;
struct Binding;

struct LoopedFrame {
    std::vector<std::byte> bytes;
    const Binding* skip = nullptr; // the sender, when it asked not to hear itself
};

struct Loopback {
    std::uintptr_t lock = 0; // guards frames
    std::deque<LoopedFrame> frames;
    machine::Dpc dpc;
};

// Once, before anything is sent: a DPC that may be queued is not changed.
void prepare_loopback(Adapter& adapter);

// Copies the frame for whoever wants it. True: it goes no further (it was for this machine only).
bool loop_back(Binding& sender, PNDIS_PACKET packet);

} // namespace ndispool::host
