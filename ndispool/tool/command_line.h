// What the user asked for, read from the arguments and nothing else: no file is opened here.
#pragma once

#include "ndispool/host/run.h"
#include "ndispool/tool/command_form.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ndispool::tool {

// Where a report goes besides standard output, and which findings do not count.
struct ReportOptions {
    std::optional<std::filesystem::path> json, junit, sarif;
    std::optional<std::filesystem::path> suppressions, baseline;
    bool gen_suppressions = false;
    bool quiet = false;
};

struct RunOptions {
    std::string driver;            // as written
    std::vector<std::string> with; // further drivers, as written
    host::Setup setup;             // without drivers, and without what `config` holds
    std::optional<std::filesystem::path> config;
    std::optional<std::filesystem::path> control;
    ReportOptions report;
    bool verify = false; // on the checked door
};

// Which runs of a sweep, of how many machines.
struct Shard {
    std::uint64_t number = 1, of = 1;
};

struct CheckOptions {
    RunOptions run;
    bool below_given = false, above_given = false, count_given = false, seed_given = false;
    std::optional<std::string> faults; // as written
    Shard shard;
    std::optional<unsigned> jobs;
    double case_seconds = 20; // for one run
    std::uint64_t memory_mib = 2048;
    std::string words; // the arguments again, ready for a shell, without those that choose cases or files
};

struct InspectOptions {
    std::string driver;
    std::optional<std::filesystem::path> json;
};

struct PageOptions {
    std::filesystem::path run;
    std::filesystem::path output = "-";
};

struct DoctorOptions {
    std::optional<std::filesystem::path> json;
};

struct PoolsOptions {
    std::optional<int> process; // all that can be asked
    std::optional<std::filesystem::path> json;
    bool all = false;
};

struct TopOptions {
    std::optional<int> process;
    double interval_seconds = 1;
    std::optional<std::uint64_t> rounds; // no end
};

// Print this and be done.
struct ShowText {
    std::string text;
};

using Command = std::variant<ShowText, RunOptions, CheckOptions, InspectOptions, PageOptions, DoctorOptions,
                             PoolsOptions, TopOptions>;

// The commands there are, each with the options it takes.
std::span<const CommandForm> command_forms();

// `arguments`: without the program's name. Throws UsageError or LackError.
Command parse_command_line(const std::vector<std::string>& arguments);

} // namespace ndispool::tool
