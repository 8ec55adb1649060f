#include "ndispool/observe/pools_live.h"

#include "ndispool/observe/pools_text.h"
#include "ndispool/observe/table.h"
#include "ndispool/observe/utf8.h"
#include "ndispool/observe/words.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fmt/format.h>

namespace ndispool::observe {

namespace {

constexpr unsigned bar_cells = 10;

std::string bar(std::uint32_t in_use, std::uint32_t capacity) {
    // Every packet shows, and only a full pool looks full.
    unsigned filled = capacity == 0 ? 0 : static_cast<unsigned>(std::uint64_t{in_use} * bar_cells / capacity);
    if (in_use > 0 && filled == 0)
        filled = 1;
    return "[" + std::string(filled, '#') + std::string(bar_cells - std::min(filled, bar_cells), ' ') + "]";
}

const ndis::PoolRecord* earlier(const Round& before, pid_t process, std::uint64_t id) {
    for (const Watched& watched : before.processes)
        if (watched.process == process)
            for (const monitor::Pool& pool : watched.answer.pools)
                if (pool.record.id == id)
                    return &pool.record;
    return nullptr;
}

std::string rate(std::uint64_t then, std::uint64_t now, double seconds) {
    return seconds > 0 ? fmt::format("{:.0f}", static_cast<double>(now - std::min(then, now)) / seconds) : "-";
}

} // namespace

std::string round_text(const Round& before, const Round& now) {
    const double seconds = before.processes.empty() ? 0 : std::chrono::duration<double>(now.when - before.when).count();
    Table table({{"", "process"},
                 {"", "now"},
                 {"in use", "peak"},
                 {"", "of"},
                 {"", "full", false},
                 {"overflow", "now"},
                 {"allocations", "per s"},
                 {"refusals", "per s"},
                 {"refusals", "in all"},
                 {"", "freed", false},
                 {"", "handle"},
                 {"", "allocated by", false}});
    std::size_t pools = 0;
    for (const Watched& watched : now.processes)
        for (const monitor::Pool& pool : watched.answer.pools) {
            const ndis::PoolRecord& record = pool.record;
            if (!record.alive)
                continue;
            ++pools;
            const ndis::PoolRecord* const then = earlier(before, watched.process, record.id);
            table.add({std::to_string(watched.process), std::to_string(record.in_use), std::to_string(record.peak),
                       std::to_string(record.capacity), bar(record.in_use, record.capacity),
                       std::to_string(record.overflow_in_use),
                       rate(then ? then->allocations : 0, record.allocations, seconds),
                       rate(then ? then->refusals : 0, record.refusals, seconds), std::to_string(record.refusals),
                       freed_text(record), fmt::format("{:#x}", reinterpret_cast<std::uintptr_t>(record.handle)),
                       printable(pool.allocator)});
        }
    std::string text = counted(pools, "packet pool");
    for (const Watched& watched : now.processes)
        text += fmt::format("{} process {} ({})", &watched == &now.processes.front() ? " of" : ",", watched.process,
                            printable(watched.answer.program));
    return text + "\n" + (pools == 0 ? "" : table.text());
}

std::string drawn(std::string_view text, std::size_t lines, std::size_t columns) {
    constexpr std::string_view home = "\x1b[H", erase_line = "\x1b[K", erase_below = "\x1b[J";
    std::string screen(home);
    for (std::size_t line = 0; line < lines && !text.empty(); ++line) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::size_t bytes = 0;
        for (std::size_t column = 0; column < columns && bytes < end; ++column)
            bytes += std::max<std::size_t>(utf8_length(text.substr(bytes, end - bytes)), 1);
        screen += line == 0 ? "" : "\r\n"; // none behind the last line: it would scroll
        screen += text.substr(0, bytes);
        screen += erase_line;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return screen.append(erase_below);
}

} // namespace ndispool::observe
