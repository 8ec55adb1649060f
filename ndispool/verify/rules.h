// The rules of the checked door: an identifier that stays, and the nearest code that Windows stops with.
//   Not here:  what each one means: docs/rules/IDENTIFIER.md.
#pragma once

#include <span>
#include <string_view>

namespace ndispool::verify {

struct Rule {
    const char* id;
    const char* verifier; // Driver Verifier's 0xC4/CODE or another bug check; empty: Windows has no such check
};

namespace rule {
inline constexpr Rule pool_leak{"pool-leak", "0xC4/0x62"};
inline constexpr Rule pool_not_freed{"pool-not-freed", "0xC4/0x62"};
inline constexpr Rule packet_leak{"packet-leak", "0xC4/0x62"};
inline constexpr Rule double_free{"double-free", "0xC4/0x13"};
inline constexpr Rule foreign_free{"foreign-free", "0xC4/0x10"};
inline constexpr Rule use_after_free{"use-after-free", "0xC1"};
inline constexpr Rule reserved_overrun{"reserved-overrun", "0xC1"};
inline constexpr Rule mixed_flavour{"mixed-flavour", ""};
inline constexpr Rule buffer_leak{"buffer-leak", "0xC4/0x62"};
inline constexpr Rule chain_leak{"chain-leak", "0xC4/0x62"};
inline constexpr Rule memory_leak{"memory-leak", "0xC4/0x62"};
inline constexpr Rule memory_mismatch{"memory-mismatch", "0xC4/0x16"};
inline constexpr Rule memory_overrun{"memory-overrun", "0xC1"};
inline constexpr Rule irql{"irql", "0xC4/0x01"};
inline constexpr Rule lock_held{"lock-held", "0xC4/0x1003"};
inline constexpr Rule lock_order{"lock-order", "0xC4/0x1001"};
inline constexpr Rule lock_leak{"lock-leak", "0xC4/0x1004"};
inline constexpr Rule wait_at_dispatch{"wait-at-dispatch", "0xC4/0x3C"};
inline constexpr Rule send_twice{"send-twice", "0x7C/0x05"};
inline constexpr Rule complete_twice{"complete-twice", "0xC4/0x44"};
inline constexpr Rule complete_missing{"complete-missing", "0x9F"};
inline constexpr Rule free_in_flight{"free-in-flight", "0xC4/0x10"};
inline constexpr Rule return_too_many{"return-too-many", "0x7C/0x06"};
inline constexpr Rule return_missing{"return-missing", "0x7C/0x27"};
inline constexpr Rule return_early{"return-early", "0x7C/0x06"};
inline constexpr Rule indicate_status{"indicate-status", "0x7C/0x06"};
inline constexpr Rule reserved_too_small{"reserved-too-small", "0xC1"};
inline constexpr Rule oob_after_indicate{"oob-after-indicate", "0x7C/0x06"};
inline constexpr Rule timer_at_unload{"timer-at-unload", "0xC7/0x00"};
inline constexpr Rule work_item_at_unload{"work-item-at-unload", "0xCE"};
inline constexpr Rule late_protocol_id{"late-protocol-id", ""};
inline constexpr Rule unbind_order{"unbind-order", "0xCE"};
inline constexpr Rule ignored_resources{"ignored-resources", "0xD1"};
inline constexpr Rule event_misuse{"event-misuse", "0x0A"};
inline constexpr Rule crash{"crash", "0xD1"};

inline constexpr Rule all[] = {pool_leak,
                               pool_not_freed,
                               packet_leak,
                               double_free,
                               foreign_free,
                               use_after_free,
                               reserved_overrun,
                               mixed_flavour,
                               buffer_leak,
                               chain_leak,
                               memory_leak,
                               memory_mismatch,
                               memory_overrun,
                               irql,
                               lock_held,
                               lock_order,
                               lock_leak,
                               wait_at_dispatch,
                               send_twice,
                               complete_twice,
                               complete_missing,
                               free_in_flight,
                               return_too_many,
                               return_missing,
                               return_early,
                               indicate_status,
                               reserved_too_small,
                               oob_after_indicate,
                               timer_at_unload,
                               work_item_at_unload,
                               late_protocol_id,
                               unbind_order,
                               ignored_resources,
                               event_misuse,
                               crash};
} // namespace rule

} // namespace ndispool::verify
