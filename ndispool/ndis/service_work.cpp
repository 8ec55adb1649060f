#include "ndispool/ndis/service_work.h"

#include <unordered_map>

#include "ndis/status.h"
#include "ndis/sync.h"
#include "ndispool/machine/bug.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/lock.h"
#include "ndispool/machine/work.h"
#include "ndispool/nt/invoke.h"

namespace ndispool::ndis {
namespace {

struct Call {
    NDIS_PROC routine;
    PVOID context;
};

class WorkTable {
  public:
    bool add(PNDIS_WORK_ITEM item) {
        const machine::Locked locked(lock_);
        return queued_.try_emplace(item, Call{item->Routine, item->Context}).second;
    }

    Call take(PNDIS_WORK_ITEM item) {
        const machine::Locked locked(lock_);
        return queued_.extract(item).mapped();
    }

    std::vector<nt::PendingCall> of(const void* owner) {
        const machine::Locked locked(lock_);
        std::vector<nt::PendingCall> pending;
        for (const auto& [item, call] : queued_)
            if (const auto code = reinterpret_cast<const void*>(call.routine); nt::owner_of(code) == owner)
                pending.push_back({item, code});
        return pending;
    }

  private:
    machine::Lock lock_;
    std::unordered_map<PNDIS_WORK_ITEM, Call> queued_ NDISPOOL_GUARDED_BY(lock_);
};

// Never destroyed: worker threads may still run while the program exits.
WorkTable& table() {
    static WorkTable& work = *new WorkTable;
    return work;
}

void run(void* context) {
    const auto item = static_cast<PNDIS_WORK_ITEM>(context);
    const Call call = table().take(item);
    nt::invoke(call.routine, item, call.context);
    machine::restore_irql(machine::passive_level, reinterpret_cast<const void*>(call.routine));
}

} // namespace

std::vector<nt::PendingCall> work_of(const void* owner) {
    return table().of(owner);
}

} // namespace ndispool::ndis

using namespace ndispool;

extern "C" {

NDIS_STATUS NdisScheduleWorkItem(PNDIS_WORK_ITEM WorkItem) {
    if (ndis::table().add(WorkItem))
        machine::queue_work(ndis::run, WorkItem);
    else
        machine::report_bug("NdisScheduleWorkItem: the item is queued already", WorkItem);
    return NDIS_STATUS_SUCCESS;
}

} // extern "C"
