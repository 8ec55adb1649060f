// What a process says about its packet pools, as a value and as the text that passes through the socket:
//
//   ndispool-pools 1
//   program NAME
//   forgotten N
//   pool id=1 handle=0x7f.. descriptors=128 ... allocator=passthru!PtBind+0x3c
//   end
//
//   Holds:     fields that a reader does not know are passed over, so later versions may add some; without "end" it is no answer.
//              A name is the last field of its line, and its control characters are '?'.
//   Not here:  the socket (service.h, observer.h), tables and JSON (observe).
#pragma once

#include "ndispool/ndis/packet_pool_record.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ndispool::monitor {

struct Pool {
    ndis::PoolRecord record; // handle and allocator are addresses in the other process
    std::string allocator;   // driver!function+0x2c of the code that made the pool, or program!0x1234
};

struct Answer {
    std::string program;         // "run passthru", or what a program calls itself
    std::uint64_t forgotten = 0; // freed pools that are no longer in the list
    std::vector<Pool> pools;     // in order of creation
};

std::string text_of(const Answer& answer);

// Nothing: cut off, or not such a text.
std::optional<Answer> parse_answer(std::string_view text);

} // namespace ndispool::monitor
