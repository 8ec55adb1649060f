// The checked door, subject by subject: each part names a function, its checked form, and where its plain form is kept.
#pragma once

#include "ndispool/nt/door.h"
#include "ndispool/verify/functions.h"

#include <span>

namespace ndispool::verify {

struct DoorPart {
    nt::Export checked;
    void** plain; // filled when the door is opened
};

std::span<const DoorPart> packet_door();
std::span<const DoorPart> buffer_door();
std::span<const DoorPart> memory_door();
std::span<const DoorPart> lock_door();
std::span<const DoorPart> timer_door();
std::span<const DoorPart> handle_door();
std::span<const DoorPart> registration_door();
std::span<const DoorPart> traffic_door();
std::span<const DoorPart> event_door();
std::span<const DoorPart> common_door();

} // namespace ndispool::verify

#define NDISPOOL_PART(name, form)                                                                                      \
    ::ndispool::verify::DoorPart {                                                                                     \
        ::ndispool::nt::offer<&(form)>(#name), reinterpret_cast<void**>(&::ndispool::verify::plain_##name)             \
    }
