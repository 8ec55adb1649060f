// The commands a user may give to a running stack, one a line.
//   Callers:   any thread; plain text in, a plain value out.
//   Not here:  what a command does (stack_control.h) and where the lines come from (run.h, CommandSource).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ndispool::host {

enum class Verb : std::uint8_t {
    none, // an empty line or a comment
    sleep,
    pause,
    resume,
    power_down,
    power_up,
    reset,
    disconnect,
    connect,
    unbind,
    bind,
    reconfigure,
    remove,
    surprise_remove,
    insert,
    open,
    close,
    read,
    write,
    ioctl,
    end
};

enum class Side : std::uint8_t { both, below, above };

struct Command {
    Verb verb = Verb::none;
    double seconds = 0;              // sleep; read: how long it may pend
    Side side = Side::both;          // power
    std::string device;              // open, close, read, write, ioctl
    std::string name;                // open: what the others call it
    std::uint32_t code = 0;          // ioctl; read: how many bytes
    std::vector<std::uint8_t> input; // write, ioctl
};

// Throws std::invalid_argument whose text names the line, what is wrong and the remedy.
Command parse_command(std::string_view line);

} // namespace ndispool::host
