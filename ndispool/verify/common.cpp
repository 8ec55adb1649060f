// The checked forms of everything that needs no more than a look at the level, the locks and the fault plan.
#include "ndispool/verify/call.h"
#include "ndispool/verify/door_parts.h"
#include "ndispool/verify/events.h"

#include <type_traits>

namespace ndispool::verify {

namespace {

template <const Function& What, auto& Plain,
          class Type = std::remove_pointer_t<std::remove_reference_t<decltype(Plain)>>>
struct Common;

template <const Function& What, auto& Plain, class R, class... P> struct Common<What, Plain, R(P...)> {
    __attribute__((noinline)) static R NTAPI enter(P... arguments) {
        Call call(What, __builtin_return_address(0), __builtin_frame_address(0));
        if constexpr ((What.habits & refusable) != 0)
            if (call.refused())
                return refuse(arguments...);
        return Plain(arguments...);
    }

  private:
    template <class First, class... Rest> static R refuse(First first, Rest...) {
        if constexpr (std::is_void_v<R>)
            *first = NDIS_STATUS_RESOURCES;
        else
            return NDIS_STATUS_RESOURCES;
    }
};

// Named so that the door's template parameter is a function of its own for each.
#define NDISPOOL_COMMON_PART(name, ...) NDISPOOL_PART(name, (Common<function_##name, plain_##name>::enter)),

// A wait for no time is allowed at DISPATCH.
void look_at_wait(Call& call, const char* what, const LARGE_INTEGER* timeout) {
    if (machine::current_irql() < machine::dispatch_level || (timeout && timeout->QuadPart == 0))
        return;
    std::vector<Evidence> held;
    if (this_thread.lock_count > 0)
        held.push_back({"lock acquired", this_thread.locks[this_thread.lock_count - 1].acquired});
    call.found(rule::wait_at_dispatch, what, std::move(held));
}

NTSTATUS NTAPI WaitForSingleObject(PVOID object, KWAIT_REASON reason, KPROCESSOR_MODE mode, BOOLEAN alertable,
                                   PLARGE_INTEGER timeout) {
    NDISPOOL_CALL(KeWaitForSingleObject);
    look_at_wait(call, "KeWaitForSingleObject may wait and was called at DISPATCH_LEVEL", timeout);
    const Waiting waiting(call, object);
    return plain_KeWaitForSingleObject(object, reason, mode, alertable, timeout);
}

NTSTATUS NTAPI WaitForMultipleObjects(ULONG count, PVOID objects[], WAIT_TYPE type, KWAIT_REASON reason,
                                      KPROCESSOR_MODE mode, BOOLEAN alertable, PLARGE_INTEGER timeout,
                                      PKWAIT_BLOCK blocks) {
    NDISPOOL_CALL(KeWaitForMultipleObjects);
    look_at_wait(call, "KeWaitForMultipleObjects may wait and was called at DISPATCH_LEVEL", timeout);
    return plain_KeWaitForMultipleObjects(count, objects, type, reason, mode, alertable, timeout, blocks);
}

} // namespace

std::span<const DoorPart> common_door() {
    static const DoorPart list[] = {NDISPOOL_COMMON_FUNCTIONS(NDISPOOL_COMMON_PART)
                                        NDISPOOL_PART(KeWaitForSingleObject, WaitForSingleObject),
                                    NDISPOOL_PART(KeWaitForMultipleObjects, WaitForMultipleObjects)};
    return list;
}

} // namespace ndispool::verify
