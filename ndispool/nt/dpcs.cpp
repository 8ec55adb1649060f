#include "ndispool/nt/dpcs.h"

#include <unordered_map>

#include "ndispool/machine/dpc.h"
#include "ndispool/machine/event.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/lock.h"
#include "ndispool/nt/invoke.h"

namespace ndispool::nt {
namespace {

constexpr USHORT targeted = 0x40; // KDPC.Number: this bit and a processor's number, or 0 for the current one

struct Queued {
    machine::Dpc link; // the machine's while it is queued there
    KDPC* dpc;
    PKDEFERRED_ROUTINE routine;
    void *context, *argument1, *argument2;
};

class DpcTable {
  public:
    using Node = std::unordered_map<const KDPC*, Queued>::node_type;

    bool queue(const KDPC& dpc, void* argument1, void* argument2) {
        const machine::Locked locked(lock_);
        const auto [at, is_new] = queued_.try_emplace(&dpc);
        if (!is_new)
            return false;
        Queued& queued = at->second;
        queued.dpc = const_cast<KDPC*>(&dpc);
        queued.routine = dpc.DeferredRoutine;
        queued.context = dpc.DeferredContext;
        queued.argument1 = argument1;
        queued.argument2 = argument2;
        queued.link.routine = run;
        queued.link.context = &queued;
        const bool has_target = (dpc.Number & targeted) != 0;
        machine::queue_dpc(queued.link, has_target ? dpc.Number & ~targeted : machine::current_processor());
        return true;
    }

    // One that the machine has taken off its queue already stays here until run() takes it: it will run.
    bool remove(const KDPC& dpc) {
        const machine::Locked locked(lock_);
        const auto found = queued_.find(&dpc);
        if (found == queued_.end() || !machine::remove_dpc(found->second.link))
            return false;
        queued_.erase(found);
        return true;
    }

    std::vector<PendingCall> of(const void* owner) {
        const machine::Locked locked(lock_);
        std::vector<PendingCall> pending;
        for (const auto& [dpc, queued] : queued_)
            if (const auto code = reinterpret_cast<const void*>(queued.routine); owner_of(code) == owner)
                pending.push_back({dpc, code});
        return pending;
    }

  private:
    static void run(void* context);

    Node take(const Queued& queued) {
        const machine::Locked locked(lock_);
        return queued_.extract(queued.dpc);
    }

    machine::Lock lock_;
    std::unordered_map<const KDPC*, Queued> queued_ NDISPOOL_GUARDED_BY(lock_);
};

// Never destroyed: DPCs may still run while the program exits.
DpcTable& table() {
    static DpcTable& dpcs = *new DpcTable;
    return dpcs;
}

void DpcTable::run(void* context) {
    const Node node = table().take(*static_cast<Queued*>(context));
    const Queued& queued = node.mapped();
    invoke(queued.routine, queued.dpc, queued.context, queued.argument1, queued.argument2);
    machine::restore_irql(machine::dispatch_level, reinterpret_cast<const void*>(queued.routine));
}

} // namespace

bool queue_dpc(const KDPC& dpc, void* argument1, void* argument2) {
    return table().queue(dpc, argument1, argument2);
}

bool remove_dpc(const KDPC& dpc) {
    return table().remove(dpc);
}

std::vector<PendingCall> dpcs_of(const void* owner) {
    return table().of(owner);
}

} // namespace ndispool::nt

using namespace ndispool;

extern "C" {

void KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) {
    constexpr UCHAR dpc_object = 19;
    *Dpc = {};
    Dpc->Type = dpc_object;
    Dpc->DeferredRoutine = DeferredRoutine;
    Dpc->DeferredContext = DeferredContext;
}

BOOLEAN KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2) {
    return nt::queue_dpc(*Dpc, SystemArgument1, SystemArgument2);
}

BOOLEAN KeRemoveQueueDpc(PRKDPC Dpc) {
    return nt::remove_dpc(*Dpc);
}

void KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number) {
    Dpc->Number = static_cast<USHORT>(nt::targeted | Number);
}

// A processor runs its DPCs in the order they were queued, so one behind the others says that they have run.
void KeFlushQueuedDpcs() {
    for (unsigned processor = 0; processor < machine::processor_count(); ++processor) {
        std::int32_t passed = 0;
        machine::Dpc last;
        last.routine = [](void* event) { machine::set(*static_cast<std::int32_t*>(event)); };
        last.context = &passed;
        machine::queue_dpc(last, processor);
        machine::wait(passed, false, std::nullopt);
    }
}

} // extern "C"
