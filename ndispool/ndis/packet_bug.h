// What a caller of the packet functions did wrong: reported each time it happens, and otherwise without effect.
//   Callers:   any thread, any IRQL. A hook must not call packet functions and must be able to run in any thread.
//   Not here:  deciding that something is a bug (the function that noticed), rules that only the checked door tests.
#pragma once

#include <cstdint>

namespace ndispool::ndis {

struct PacketBug {
    const char* rule;          // a stable identifier: see packet_bug_rule below
    const char* message;       // one line
    const void* object;        // the packet or the pool handle it is about
    const void* caller;        // return address in the driver
    std::uint32_t packets = 0; // how many, where the rule counts some
};

namespace packet_bug_rule {
inline constexpr char double_free[] = "packet-double-free";
inline constexpr char not_allocated[] = "packet-not-allocated";
inline constexpr char pool_handle[] = "packet-pool-handle";
inline constexpr char pool_leak[] = "packet-pool-leak";
inline constexpr char protocol_id_late[] = "packet-pool-protocol-id-late";
inline constexpr char protocol_id_range[] = "packet-pool-protocol-id-range";
} // namespace packet_bug_rule

// Null: the first hook again, which prints the first ten bugs from now on to standard error, a line each.
using PacketBugHook = void (*)(const PacketBug&);
void set_packet_bug_hook(PacketBugHook hook) noexcept;

void report(const PacketBug& bug) noexcept;

// Bugs reported since the process started, whatever the hook did with them.
std::uint64_t packet_bugs_reported() noexcept;

} // namespace ndispool::ndis
