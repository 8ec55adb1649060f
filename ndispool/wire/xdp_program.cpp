#include "ndispool/wire/xdp_program.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <linux/bpf.h>
#include <linux/if_link.h>

#include <bpf/bpf.h>

#include "ndispool/wire/refusal.h"
#include "ndispool/wire/wire.h"

namespace ndispool::wire {

namespace {

constexpr unsigned most_queues = 64;

// r2 = queue of the frame; r1 = the map; r3 = what to do when the queue has no socket; return bpf_redirect_map(r1, r2, r3)
std::array<bpf_insn, 6> redirect_to(int map) {
    constexpr std::uint8_t r0 = 0, r1 = 1, r2 = 2, r3 = 3;
    static_assert(r0 == BPF_REG_0 && r3 == BPF_REG_3);
    return {{
        {BPF_LDX | BPF_MEM | BPF_W, r2, r1, offsetof(xdp_md, rx_queue_index), 0},
        {BPF_LD | BPF_DW /* of an immediate value */, r1, BPF_PSEUDO_MAP_FD, 0, map},
        {0, 0, 0, 0, 0}, // the upper half of the map's address
        {BPF_ALU64 | BPF_MOV | BPF_K, r3, 0, 0, XDP_PASS},
        {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect_map},
        {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
    }};
}

[[noreturn]] void refuse_link(const Spec& spec, int error) {
    if (error == EBUSY || error == EEXIST)
        throw Error(Error::Kind::environment,
                    spec.message("the interface has an XDP program already; remove it with 'ip link set dev " +
                                 std::string(spec.argument) +
                                 " xdp off', or use packet:" + std::string(spec.argument)));
    refuse_call(spec, "attaching the XDP program", error);
}

} // namespace

XdpProgram::XdpProgram(const Spec& spec, const Link& link, XdpMode mode)
    : map_(must(bpf_map_create(BPF_MAP_TYPE_XSKMAP, "ndispool_queues", sizeof(int), sizeof(int), most_queues, nullptr),
                spec, "making the map of AF_XDP sockets")) {
    const auto code = redirect_to(map_.get());
    program_ =
        Descriptor(must(bpf_prog_load(BPF_PROG_TYPE_XDP, "ndispool", "Dual MIT/GPL", code.data(), code.size(), nullptr),
                        spec, "loading the XDP program"));
    LIBBPF_OPTS(bpf_link_create_opts, options,
                .flags = mode == XdpMode::native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);
    const int made = bpf_link_create(program_.get(), link.index, BPF_XDP, &options);
    if (made < 0)
        refuse_link(spec, -made);
    link_ = Descriptor(made);
}

void XdpProgram::steer(const Spec& spec, unsigned queue, int socket) {
    must(bpf_map_update_elem(map_.get(), &queue, &socket, BPF_ANY), spec, "entering the AF_XDP socket");
}

} // namespace ndispool::wire
