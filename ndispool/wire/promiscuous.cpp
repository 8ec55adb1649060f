#include "ndispool/wire/promiscuous.h"

#include <linux/if_packet.h>
#include <sys/socket.h>

#include "ndispool/wire/refusal.h"

namespace ndispool::wire {

void ask_for_all(const Descriptor& socket, const Spec& spec, const Link& link) {
    packet_mreq request{};
    request.mr_ifindex = link.index;
    request.mr_type = PACKET_MR_PROMISC;
    must(::setsockopt(socket.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request), spec,
         "PACKET_ADD_MEMBERSHIP");
}

} // namespace ndispool::wire
