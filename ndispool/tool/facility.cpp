#include "ndispool/tool/facility.h"

#include "ndispool/tool/child_process.h"
#include "ndispool/wire/wire.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ndispool::tool {

namespace {

constexpr std::string_view wire_rights = "run as root, or give the command the rights: "
                                         "setcap cap_net_raw,cap_net_admin+ep ndispool";

std::string errno_words() {
    return std::strerror(errno); // one thread: see the contract
}

// Empty: it worked; else why not. In a process of its own.
std::string asked_apart(const std::function<std::string()>& question) {
    constexpr double seconds = 10;
    const ChildEnding end = run_in_child(
        [&]() -> std::string {
            try {
                return question();
            } catch (const std::exception& error) {
                const std::string line = error.what(); // "SPEC: what; remedy"; the remedy is ours to give
                return line.substr(0, line.find("; "));
            }
        },
        {.seconds = seconds});
    if (end.how != ChildEnding::How::returned)
        return "the question did not come to an end";
    return end.result.substr(0, end.result.size() - 1); // a newline ends it
}

enum class Place { network_namespace, user_namespace };

std::string enter(Place place) {
    const int kinds = CLONE_NEWNET | (place == Place::user_namespace ? CLONE_NEWUSER : 0);
    return ::unshare(kinds) == 0 ? "" : "unshare: " + errno_words();
}

// Opens wires one after the other in a network namespace of its own; the last is the one that is asked about.
std::string wires_open(Place place, const std::vector<std::string>& specs) {
    return asked_apart([&] {
        std::string refused = enter(place);
        std::vector<std::unique_ptr<wire::Wire>> open;
        for (const std::string& spec : specs)
            if (refused.empty())
                open.push_back(wire::open(spec));
        return refused;
    });
}

Facility wire_facility(std::string_view name, std::string_view use, const std::vector<std::string>& specs,
                       std::string_view remedy) {
    Facility facility{name, use, false, "", ""};
    const std::string refused = wires_open(Place::network_namespace, specs);
    facility.here = refused.empty();
    facility.answer = facility.here ? "yes" : "no: " + refused;
    if (facility.here)
        return facility;
    facility.remedy = remedy;
    if (wires_open(Place::user_namespace, specs).empty()) {
        facility.answer = "within unshare -Urn";
        facility.remedy = wire_rights;
    }
    return facility;
}

std::string word_of(const std::string& file, std::string_view label) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(label))
            return line.substr(line.find_first_not_of(' ', label.size()));
    return "";
}

Facility user_namespaces() {
    const std::string refused = asked_apart([] { return enter(Place::user_namespace); });
    return {"user namespaces", "tests of live wires without root", refused.empty(),
            refused.empty() ? "yes" : "no: " + refused,
            refused.empty() ? "" : "as root: sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000"};
}

Facility huge_pages() {
    const std::string total = word_of("/proc/meminfo", "HugePages_Total:");
    const bool here = !total.empty() && total != "0";
    return {"huge pages", "fewer TLB misses in large pools; nothing needs them", here,
            here ? total + " reserved" : "none reserved", here ? "" : "as root: echo 64 > /proc/sys/vm/nr_hugepages"};
}

Facility transparent_huge_pages() {
    std::string modes;
    std::getline(std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled"), modes);
    const bool here = modes.find("[always]") != std::string::npos || modes.find("[madvise]") != std::string::npos;
    return {"transparent huge pages", "the same without reserving", here, here ? modes : "no",
            here ? "" : "as root: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"};
}

Facility membarrier() {
    const long commands = ::syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
    const bool here = commands > 0 && (commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0;
    return {"membarrier", "cheaper counting in pools", here, here ? "yes" : "no",
            here ? "" : "a kernel of 4.14 or later with CONFIG_MEMBARRIER; a container must not filter the call"};
}

Facility locked_memory() {
    rlimit limit{};
    ::getrlimit(RLIMIT_MEMLOCK, &limit);
    constexpr rlim_t needed = 32 * 1024 * 1024; // two xdp wires with long frames
    const bool here = limit.rlim_cur >= needed || ::geteuid() == 0;
    const std::string amount =
        limit.rlim_cur == RLIM_INFINITY ? "without limit" : fmt::format("{} KiB", limit.rlim_cur / 1024);
    return {"locked memory", "packet memory of xdp wires; root needs no limit", here, amount,
            here ? "" : "ulimit -l unlimited, or memlock in /etc/security/limits.conf"};
}

bool program_in_path(std::string_view name) {
    const char* const path = std::getenv("PATH");
    std::string_view rest = path ? path : "/usr/sbin:/usr/bin:/sbin:/bin";
    while (true) {
        const std::string_view folder = rest.substr(0, rest.find(':'));
        if (::access(fmt::format("{}/{}", folder, name).c_str(), X_OK) == 0)
            return true;
        if (folder.size() == rest.size())
            return false;
        rest.remove_prefix(folder.size() + 1);
    }
}

Facility program(std::string_view name, std::string_view use, std::string_view package) {
    const bool here = program_in_path(name);
    return {name, use, here, here ? "yes" : "no", here ? "" : fmt::format("apt-get install {}", package)};
}

} // namespace

std::vector<Facility> facilities() {
    constexpr std::string_view xdp_remedy =
        "run as root on the machine itself: a user namespace cannot have it; build with "
        "libxdp-dev";
    return {
        wire_facility("tap", "the wire tap:NAME", {"tap:ndispool0"},
                      "modprobe tun; in a container: --device /dev/net/tun and CAP_NET_ADMIN"),
        wire_facility("packet", "the wire packet:IFACE", {"packet:lo"}, wire_rights),
        wire_facility("xdp, skb mode", "the wire xdp:IFACE on any interface", {"xdp:lo,skb"}, xdp_remedy),
        wire_facility("xdp, native mode", "the wire xdp:IFACE where the driver has it (asked of a TAP device)",
                      {"tap:ndispool0", "xdp:ndispool0,native"}, xdp_remedy),
        locked_memory(),
        user_namespaces(),
        huge_pages(),
        transparent_huge_pages(),
        membarrier(),
        program("x86_64-w64-mingw32-gcc", "compiles Windows drivers (.sys), for tests", "gcc-mingw-w64-x86-64"),
        program("x86_64-w64-mingw32-addr2line", "names source lines of .sys drivers", "binutils-mingw-w64-x86-64"),
        program("ip", "interfaces for the tests of live wires", "iproute2"),
        program("iperf3", "traffic for the tests of live wires", "iperf3"),
        program("dpdk-testpmd", "the peer of the benchmarks", "dpdk-dev"),
    };
}

} // namespace ndispool::tool
