#include "ndispool/host/inventory.h"

#include "ndispool/host/exports.h"
#include "ndispool/host/findings.h"
#include "ndispool/host/hex.h"
#include "ndispool/machine/bug.h"
#include "ndispool/ndis/packet_bug.h"
#include "ndispool/ndis/service_log.h"
#include "ndispool/ndis/service_system.h"
#include "ndispool/nt/memory.h"
#include "ndispool/nt/timers.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>

namespace ndispool::host {

namespace {

std::mutex log_lock; // guards log
std::vector<std::string> log;

// What was there before the run: an earlier run's driver may have left it, and the same address be another function's now.
std::uint64_t last_pool_before = 0;
std::set<const void*> blocks_before;

void remember_what_is_there() {
    last_pool_before = 0;
    for (const ndis::PoolRecord& pool : ndis::packet_pools())
        last_pool_before = std::max(last_pool_before, pool.id);
    blocks_before.clear();
    for (const nt::Block& block : nt::memory_in_use())
        blocks_before.insert(block.address);
}

void take_log_entry(const ndis::LogEntry& entry) {
    std::string line = "event " + hex(entry.code);
    for (std::uint32_t value : entry.values)
        line += " " + hex(value);
    for (const std::string& text : entry.strings)
        line += " \"" + text + "\"";
    if (!entry.data.empty())
        line += ", " + std::to_string(entry.data.size()) + " bytes of data";
    std::scoped_lock guard(log_lock);
    log.push_back(std::move(line));
}

// The address that code with this call site can call.
void* look_up(std::string_view name, const void* caller) {
    const auto* const owner = static_cast<const Driver*>(nt::owner_of(caller));
    const nt::Export* const found = owner && !owner->watched ? find_export(name) : driver_export(name);
    if (!found)
        return nullptr;
    return nt::abi_of(caller) == nt::Abi::microsoft ? found->microsoft : found->native;
}

void take_packet_bug(const ndis::PacketBug& bug) {
    if (bug.rule == std::string_view(ndis::packet_bug_rule::pool_leak))
        return; // the pool's record says it, with the pool's own place
    report(bug.rule, bug.message, bug.caller);
}

void take_machine_bug(const char* what, const void*) {
    report("machine", what);
}

std::string count_of(std::uint64_t count, const char* singular) {
    return std::to_string(count) + " " + singular + (count == 1 ? "" : "s");
}

void judge_pool(const ndis::PoolRecord& pool, std::vector<Finding>& findings, const std::string& where) {
    if (pool.freed && pool.in_use_when_freed > 0)
        findings.push_back(
            {"pool-leak",
             "a packet pool was freed with " + count_of(pool.in_use_when_freed, "packet") + " out; " +
                 (pool.alive ? count_of(pool.in_use, "packet") + " never came back" : "they came back later"),
             where});
    else if (!pool.freed)
        findings.push_back(
            {"pool-not-freed",
             "a packet pool was not freed before the driver was unloaded, " + count_of(pool.in_use, "packet") + " out",
             where});
}

void judge_memory(const Driver& driver, std::vector<Finding>& findings) {
    struct Leak {
        std::uint64_t blocks = 0, bytes = 0;
    };
    std::map<const void*, Leak> leaks; // by call site
    for (const nt::Block& block : nt::memory_in_use())
        if (driver.owns(block.allocator) && !blocks_before.contains(block.address)) {
            ++leaks[block.allocator].blocks;
            leaks[block.allocator].bytes += block.bytes;
        }
    for (const auto& [site, leak] : leaks)
        findings.push_back({"memory-leak",
                            count_of(leak.blocks, "block") + " of memory with " + count_of(leak.bytes, "byte") +
                                " not freed before the driver was unloaded",
                            driver.where(site)});
}

void judge_timers(const Driver& driver, std::vector<Finding>& findings) {
    for (const nt::PendingCall& call : nt::timers_of(&driver)) {
        nt::disarm_timer(call.object); // its function is about to be unmapped
        findings.push_back(
            {"timer-at-unload", "a timer was still set when the driver was unloaded", driver.where(call.code)});
    }
}

void add_reported(std::span<const Account> accounts, std::vector<Finding>& findings) {
    for (const RawFinding& raw : take_findings()) {
        const auto owner =
            std::ranges::find_if(accounts, [&](const Account& one) { return one.driver->owns(raw.where); });
        const Driver& driver = *(owner == accounts.end() ? accounts.front() : *owner).driver;
        findings.push_back({raw.rule, raw.message + (raw.count > 1 ? ", " + std::to_string(raw.count) + " times" : ""),
                            raw.where ? driver.where(raw.where) : std::string{}});
    }
}

void judge(const Account& account, std::vector<PoolReport>& pools, std::vector<Finding>& findings) {
    const Driver& driver = *account.driver;
    for (const ndis::PoolRecord& record : ndis::packet_pools()) {
        if (record.id <= last_pool_before || !driver.owns(record.allocator))
            continue;
        pools.push_back({record, driver.where(record.allocator)});
        if (account.judged)
            judge_pool(record, findings, pools.back().allocator);
    }
    if (account.judged) {
        judge_memory(driver, findings);
        judge_timers(driver, findings);
    }
}

} // namespace

void begin_inventory() {
    take_findings();
    remember_what_is_there();
    ndis::forget_dead_pools();
    ndis::set_packet_bug_hook(take_packet_bug);
    machine::set_bug_hook(take_machine_bug);
    ndis::set_log_sink(take_log_entry);
    ndis::set_routine_lookup(look_up);
    take_log();
}

void end_inventory(std::span<const Account> accounts, std::vector<PoolReport>& pools, std::vector<Finding>& findings) {
    ndis::set_packet_bug_hook(nullptr);
    machine::set_bug_hook(nullptr);
    ndis::set_log_sink(nullptr);
    ndis::set_routine_lookup(nullptr);
    add_reported(accounts, findings);
    for (const Account& account : accounts)
        judge(account, pools, findings);
}

std::vector<std::string> take_log() {
    std::scoped_lock guard(log_lock);
    return std::exchange(log, {});
}

} // namespace ndispool::host
