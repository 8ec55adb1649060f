#include "ndispool/verify/door.h"

#include "ndispool/nt/invoke.h"
#include "ndispool/verify/bindings.h"
#include "ndispool/verify/block_doors.h"
#include "ndispool/verify/buffers.h"
#include "ndispool/verify/door_parts.h"
#include "ndispool/verify/events.h"
#include "ndispool/verify/handlers.h"
#include "ndispool/verify/handles.h"
#include "ndispool/verify/locks.h"
#include "ndispool/verify/memory.h"
#include "ndispool/verify/packets.h"
#include "ndispool/verify/timers.h"
#include "ndispool/verify/traffic.h"

#include <algorithm>
#include <unordered_map>

namespace ndispool::verify {

namespace {

const auto& parts() {
    static const auto& all = *[] {
        auto* const door = new std::unordered_map<std::string_view, const DoorPart*>;
        for (const std::span<const DoorPart> subject :
             {packet_door(), buffer_door(), memory_door(), lock_door(), timer_door(), handle_door(),
              registration_door(), traffic_door(), event_door(), common_door()})
            for (const DoorPart& part : subject)
                door->emplace(part.checked.name, &part);
        return door;
    }();
    return all;
}

const void* driver = nullptr; // its first byte

} // namespace

void open_door(const nt::Export* (*plain)(std::string_view name)) {
    for (const auto& [name, part] : parts())
        if (const nt::Export* const found = plain(name))
            *part->plain = found->native;
    forget_findings();
    forget_packets();
    forget_buffers();
    forget_memory();
    forget_locks();
    forget_timers();
    forget_handles();
    forget_events();
    forget_bindings();
    forget_traffic();
    forget_handlers();
}

const nt::Export* checked_form(std::string_view name, const nt::Export& plain) {
    auto found = parts().find(name);
    if (found == parts().end()) // another name of a function, such as IofCompleteRequest?
        found = std::find_if(parts().begin(), parts().end(),
                             [&](const auto& entry) { return *entry.second->plain == plain.native; });
    if (found == parts().end())
        return nullptr;
    *found->second->plain = plain.native;
    return &found->second->checked;
}

void watch_driver(std::uintptr_t begin, std::uintptr_t end) {
    watch(begin, end);
    driver = reinterpret_cast<const void*>(begin);
    nt::call_observer.store(&handler_observer(), std::memory_order_release);
}

void judge_pending() {
    judge_pending(nt::owner_of(driver));
}

void judge_leaks() {
    judge_packets();
    judge_buffers();
    judge_memory();
    judge_handles();
}

void inspect(const char* when) {
    inspect_memory(when);
    inspect_packets(when);
}

std::vector<Unfinished> unfinished() {
    std::vector<Unfinished> all;
    for (auto* const subject : {unfinished_waits, unfinished_traffic, unfinished_packets})
        for (Unfinished& one : subject())
            all.push_back(std::move(one));
    return all;
}

void close_door() {
    nt::call_observer.store(nullptr, std::memory_order_release);
}

bool call_is_reported() noexcept {
    return this_thread.reported;
}

} // namespace ndispool::verify
