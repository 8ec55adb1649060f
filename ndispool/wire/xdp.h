// xdp:IFACE is an interface through AF_XDP, promiscuous while it is open: past most of the kernel, in its driver's native mode
// where it has one, else in skb mode. xdp:IFACE,native and xdp:IFACE,skb insist on one.
//   Holds:    every frame of the shared memory is in exactly one place (frame_ledger.h), checked with each move and as a whole
//             when the wire is closed. What comes in is what is on the cable: a checksum left open is finished, and
//             merging and taking out VLAN tags are off while it is open (offload_guard.h).
//   Limits:   one queue: an interface with more has one while the wire is open. Frames up to 3,840 bytes. A VLAN tag that the
//             other end of a veth pair left to the kernel is lost (ethtool -K IFACE txvlan off at that end keeps it).
//   Frames that come in on the interface are the wire's alone: the kernel does not see them.
#pragma once

#include <memory>

#include "ndispool/wire/spec.h"
#include "ndispool/wire/wire.h"

namespace ndispool::wire {

std::unique_ptr<Wire> open_xdp(const Spec& spec, const Options& options);

} // namespace ndispool::wire
