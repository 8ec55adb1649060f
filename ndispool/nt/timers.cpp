#include "ndispool/nt/timers.h"

#include <optional>
#include <unordered_map>

#include "ndispool/machine/event.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/lock.h"
#include "ndispool/machine/timer.h"
#include "ndispool/nt/invoke.h"

namespace ndispool::nt {
namespace {

// Each arming has a number of its own, so that the machine's call for an arming that was replaced or disarmed meanwhile
// finds nothing.
using Arming = std::uintptr_t;

struct Armed {
    TimerCall call;
    bool periodic;
};

class TimerTable {
  public:
    bool arm(const TimerCall& call, std::uint64_t delay, std::uint64_t period) {
        const machine::Locked locked(lock_);
        const bool replaced = remove(call.key);
        const Arming arming = ++last_arming_;
        armed_.emplace(arming, Armed{call, period != 0});
        arming_of_.emplace(call.key, arming);
        // Under the lock, so that two calls for one timer cannot end up as one's record with the other's time.
        machine::set_timer(call.key, delay, period, fire, reinterpret_cast<void*>(arming));
        return replaced;
    }

    bool disarm(const void* key) {
        const machine::Locked locked(lock_);
        machine::cancel_timer(key);
        return remove(key);
    }

    std::optional<TimerCall> begin(Arming arming) {
        const machine::Locked locked(lock_);
        const auto found = armed_.find(arming);
        if (found == armed_.end())
            return {};
        const Armed armed = found->second;
        if (!armed.periodic)
            remove(armed.call.key);
        // Under the lock too: whoever then cancels in vain may free the timer.
        if (armed.call.signal != nullptr)
            machine::set(*armed.call.signal);
        return armed.call;
    }

    std::vector<PendingCall> of(const void* owner) {
        const machine::Locked locked(lock_);
        std::vector<PendingCall> pending;
        for (const auto& [arming, armed] : armed_)
            if (owner_of(armed.call.code) == owner)
                pending.push_back({armed.call.key, armed.call.code});
        return pending;
    }

  private:
    static void fire(void* context);

    bool remove(const void* key) NDISPOOL_REQUIRES(lock_) {
        const auto found = arming_of_.find(key);
        if (found == arming_of_.end())
            return false;
        armed_.erase(found->second);
        arming_of_.erase(found);
        return true;
    }

    machine::Lock lock_;
    Arming last_arming_ NDISPOOL_GUARDED_BY(lock_) = 0;
    std::unordered_map<Arming, Armed> armed_ NDISPOOL_GUARDED_BY(lock_);
    std::unordered_map<const void*, Arming> arming_of_ NDISPOOL_GUARDED_BY(lock_);
};

// Never destroyed: timers may still fire while the program exits.
TimerTable& table() {
    static TimerTable& timers = *new TimerTable;
    return timers;
}

void TimerTable::fire(void* context) {
    const auto call = table().begin(reinterpret_cast<Arming>(context));
    if (!call)
        return;
    call->run(*call);
    machine::restore_irql(machine::dispatch_level, call->code);
}

} // namespace

bool arm_timer(const TimerCall& call, std::uint64_t delay_100ns, std::uint64_t period_100ns) {
    return table().arm(call, delay_100ns, period_100ns);
}

bool disarm_timer(const void* key) {
    return table().disarm(key);
}

std::vector<PendingCall> timers_of(const void* owner) {
    return table().of(owner);
}

} // namespace ndispool::nt
