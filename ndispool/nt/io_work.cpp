#include "ndispool/nt/io_work.h"

#include <new>
#include <unordered_map>

#include "ndis/object.h"
#include "ndispool/machine/bug.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/lock.h"
#include "ndispool/machine/work.h"
#include "ndispool/nt/caller.h"
#include "ndispool/nt/invoke.h"
#include "ndispool/nt/memory.h"

struct _IO_WORKITEM {
    PDEVICE_OBJECT device;
};

namespace ndispool::nt {
namespace {

struct Call {
    PIO_WORKITEM_ROUTINE routine;
    PDEVICE_OBJECT device;
    void* context;
};

class WorkTable {
  public:
    bool add(PIO_WORKITEM item, const Call& call) {
        const machine::Locked locked(lock_);
        return queued_.try_emplace(item, call).second;
    }

    bool contains(PIO_WORKITEM item) {
        const machine::Locked locked(lock_);
        return queued_.contains(item);
    }

    Call take(PIO_WORKITEM item) {
        const machine::Locked locked(lock_);
        return queued_.extract(item).mapped();
    }

    std::vector<PendingCall> of(const void* owner) {
        const machine::Locked locked(lock_);
        std::vector<PendingCall> pending;
        for (const auto& [item, call] : queued_)
            if (const auto code = reinterpret_cast<const void*>(call.routine); owner_of(code) == owner)
                pending.push_back({item, code});
        return pending;
    }

  private:
    machine::Lock lock_;
    std::unordered_map<PIO_WORKITEM, Call> queued_ NDISPOOL_GUARDED_BY(lock_);
};

// Never destroyed: worker threads may still run while the program exits.
WorkTable& table() {
    static WorkTable& work = *new WorkTable;
    return work;
}

void run(void* item) {
    const Call call = table().take(static_cast<PIO_WORKITEM>(item));
    invoke(call.routine, call.device, call.context);
    machine::restore_irql(machine::passive_level, reinterpret_cast<const void*>(call.routine));
}

} // namespace

std::vector<PendingCall> io_work_of(const void* owner) {
    return table().of(owner);
}

} // namespace ndispool::nt

using namespace ndispool;

extern "C" {

PIO_WORKITEM IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject) {
    constexpr std::uint32_t tag = 0x6B576F49; // "IoWk"
    void* const memory = nt::allocate(sizeof(_IO_WORKITEM), tag, nt::caller(__builtin_return_address(0)));
    return memory ? new (memory) _IO_WORKITEM{DeviceObject} : nullptr;
}

VOID IoFreeWorkItem(PIO_WORKITEM IoWorkItem) {
    if (nt::table().contains(IoWorkItem))
        machine::report_bug("IoFreeWorkItem: the item is queued", IoWorkItem);
    else
        nt::free_memory(IoWorkItem);
}

VOID IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE, PVOID Context) {
    if (nt::table().add(IoWorkItem, {WorkerRoutine, IoWorkItem->device, Context}))
        machine::queue_work(nt::run, IoWorkItem);
    else
        machine::report_bug("IoQueueWorkItem: the item is queued already", IoWorkItem);
}

} // extern "C"
