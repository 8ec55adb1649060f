#include "ndispool/verify/handlers.h"

#include "ndispool/verify/crash.h"
#include "ndispool/verify/locks.h"
#include "ndispool/verify/traffic.h"

#include <array>
#include <atomic>

namespace ndispool::verify {

namespace {

// Written while drivers register, read on every call.
struct Slot {
    std::atomic<const void*> handler{nullptr};
    std::atomic<Role> role{Role::other};
};
std::array<Slot, 256> roles;

std::size_t first_slot(const void* handler) {
    return (reinterpret_cast<std::uintptr_t>(handler) * 0x9E3779B97F4A7C15u) >> 56;
}

Role role_of(const void* handler) {
    for (std::size_t i = 0, slot = first_slot(handler); i < roles.size(); ++i, slot = (slot + 1) % roles.size()) {
        const void* const known = roles[slot].handler.load(std::memory_order_acquire); // pairs with set_role()
        if (known == handler)
            return roles[slot].role.load(std::memory_order_relaxed);
        if (!known)
            break;
    }
    return Role::other;
}

NDIS_HANDLE handle(std::uint64_t word) {
    return reinterpret_cast<NDIS_HANDLE>(word);
}
PNDIS_PACKET packet(std::uint64_t word) {
    return reinterpret_cast<PNDIS_PACKET>(word);
}
PPNDIS_PACKET array(std::uint64_t word) {
    return reinterpret_cast<PPNDIS_PACKET>(word);
}
NDIS_STATUS status(std::uint64_t word) {
    return static_cast<NDIS_STATUS>(word);
}

class Observer final : public nt::CallObserver {
  public:
    void entered(const void* handler, const std::uint64_t* words) noexcept override {
        if (!in_driver(handler))
            return;
        enter_thread();
        switch (role_of(handler)) {
        case Role::send_complete:
            return send_is_complete(packet(words[1]));
        case Role::transfer_complete:
            return transfer_is_complete(packet(words[1]));
        case Role::request_complete:
            return request_is_complete(handle(words[1]));
        case Role::receive_packet:
            return receiving(handler, handle(words[0]), packet(words[1]));
        case Role::query:
        case Role::set:
            return request_given(handler, handle(words[0]));
        case Role::send:
            return sends_given(handler, handle(words[0]), packet_at(words[1]), 1);
        case Role::send_packets:
            return sends_given(handler, handle(words[0]), array(words[1]), static_cast<UINT>(words[2]));
        case Role::return_packet:
            return packet_is_back(packet(words[1]));
        default:
            return;
        }
    }

    void left(const void* handler, const std::uint64_t* words, std::uint64_t result) noexcept override {
        if (!in_driver(handler))
            return;
        switch (role_of(handler)) {
        case Role::receive_packet:
            received(handler, handle(words[0]), packet(words[1]), static_cast<int>(result));
            break;
        case Role::query:
        case Role::set:
            request_answered(handle(words[0]), status(result));
            break;
        case Role::send:
            send_answered(packet(words[1]), status(result));
            break;
        case Role::send_packets:
            sends_answered(handle(words[0]), array(words[1]), static_cast<UINT>(words[2]));
            break;
        case Role::unbind:
            unbound(handler, handle(words[1]), reinterpret_cast<PNDIS_STATUS>(words[0]));
            break;
        case Role::halt:
            halted(handler, handle(words[0]));
            break;
        default:
            break;
        }
        leave_thread(handler);
    }

  private:
    // A word that holds one packet, as an array of one.
    static PPNDIS_PACKET packet_at(const std::uint64_t& word) {
        return reinterpret_cast<PPNDIS_PACKET>(const_cast<std::uint64_t*>(&word));
    }

    static void enter_thread() {
        Thread& thread = this_thread;
        if (!thread.alternate_stack) {
            use_alternate_stack();
            thread.alternate_stack = true;
        }
        if (thread.depth == 0) {
            thread.refused = nullptr;
            thread.serial += 2;
        }
        if (thread.depth < thread.levels.size())
            thread.levels[thread.depth] = {static_cast<std::uint8_t>(thread.lock_count), machine::current_irql()};
        ++thread.depth;
    }

    static void leave_thread(const void* handler) {
        Thread& thread = this_thread;
        --thread.depth;
        if (thread.depth >= thread.levels.size())
            return;
        const Thread::Level before = thread.levels[thread.depth];
        if (thread.lock_count > before.locks)
            check_locks_left(handler, before.locks);
        else if (machine::current_irql() != before.irql)
            found(rule::irql,
                  "a handler returned at " + level_name(machine::current_irql()) + " and had been called at " +
                      level_name(before.irql),
                  {{"handler", site_of_handler(handler)}});
        if (machine::current_irql() > before.irql)
            machine::lower_irql(before.irql);
        else if (machine::current_irql() < before.irql)
            machine::raise_irql(before.irql);
    }
};

} // namespace

void set_role(const void* handler, Role role) {
    if (!handler)
        return;
    for (std::size_t i = 0, slot = first_slot(handler); i < roles.size(); ++i, slot = (slot + 1) % roles.size()) {
        const void* known = roles[slot].handler.load(std::memory_order_relaxed);
        if (known && known != handler)
            continue;
        roles[slot].role.store(role, std::memory_order_relaxed);
        roles[slot].handler.store(handler, std::memory_order_release); // pairs with role_of()
        return;
    }
}

nt::CallObserver& handler_observer() {
    static Observer observer;
    return observer;
}

void forget_handlers() {
    for (Slot& slot : roles)
        slot.handler.store(nullptr, std::memory_order_relaxed);
}

} // namespace ndispool::verify
