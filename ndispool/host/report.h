// What a run did, by value: the only thing the rooms above see of the host while and after it runs.
//   Callers:   anyone; these are plain copies, nothing in them changes afterwards.
//   Not here:  how a table or a document looks (that is observe).
#pragma once

#include "ndispool/ndis/packet_pool_record.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ndispool::host {

enum class Kind : std::uint8_t { protocol, intermediate, miniport };

// One wire of the run. "In" is what the wire gave to the stack, "out" what the stack gave to the wire.
struct WireReport {
    std::string side; // "below" or "above"
    std::string spec; // as the user wrote it
    std::uint64_t frames_in = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t frames_out = 0;
    std::uint64_t bytes_out = 0;
    // Frames the wire gave that the driver did not take: sends it completed with a failure.
    std::uint64_t refused = 0;
    std::optional<std::string>
        trouble; // one line: the capture was cut, the disk is full; the run's exit code is then 2
    // What this kind of wire counts besides, such as frames that the kernel dropped. The names are JSON keys.
    std::vector<std::pair<std::string, std::uint64_t>> details;
};

struct PoolReport {
    ndis::PoolRecord record;
    std::string allocator;   // driver!function+0x2c of the code that made the pool
    std::uint64_t pools = 1; // of how many finished pools the numbers are (pool_rows.h)
};

// One call on the way to a place, innermost first in a list. What is not known is empty or 0.
struct Frame {
    std::string function;
    std::uint64_t offset = 0; // into the function; into the module when `function` is empty
    std::string file;         // as the compiler wrote it down
    unsigned line = 0;
    std::string module;        // file name without folder and extension: "passthru"
    std::uint64_t address = 0; // in this process, while it ran
};

// One of the places that explain a finding.
struct Site {
    std::string what; // "allocated", "passed on", "freed" or "found"
    std::vector<Frame> frames;
    unsigned processor = 0;
    unsigned irql = 0;
    std::uint64_t time_100ns = 0; // since the run began; 0: not known
};

// Something the driver did wrong. `rule` is a stable identifier such as "pool-leak".
struct Finding {
    std::string rule;
    std::string message;          // one line: what, how many
    std::string where;            // driver!function+offset, or empty
    std::string verifier = {};    // the nearest Driver Verifier or bug check code, "0xC4/0x62", or empty
    std::vector<Site> sites = {}; // in the order of time; empty when no checked door looked
};

struct Report {
    std::string driver; // file name without folder and extension
    Kind kind = Kind::protocol;
    std::vector<std::string> with; // further drivers of the run
    std::uint64_t seed = 0;
    unsigned processors = 1;
    bool virtual_clock = false; // seconds are that clock's
    bool interrupted = false;   // a signal ended the run; everything was unloaded in order all the same
    bool restless = false;      // at the end the drivers still sent again what they received
    double seconds = 0;         // from the first frame that could pass until everything was back
    std::uint64_t packets = 0;  // frames that came in at the wires; where no wire offers any, frames that went out
    double packets_per_second = 0;
    std::vector<WireReport> wires;
    std::vector<PoolReport> pools;
    std::uint64_t pools_forgotten = 0; // that are not among them: more were made than records are kept
    std::vector<Finding> findings;
    // On the checked door: what NDIS leaves open, and how often it went each way. The names are JSON keys.
    std::vector<std::pair<std::string, std::uint64_t>> freedom;
    std::vector<std::string> trouble; // commands that could not be understood, one line each
    std::vector<std::string> log;     // what the driver wrote to the event log, one line each
};

// While it runs.
struct Progress {
    double seconds = 0;
    std::uint64_t packets = 0;
    std::optional<std::uint64_t> packets_total; // when --count says it
};

} // namespace ndispool::host
