// Events that are found by their names, and waiting for what a handle names.
#include <map>
#include <memory>
#include <string>

#include "ndis/object.h"
#include "ndispool/machine/lock.h"
#include "ndispool/nt/handles.h"
#include "ndispool/nt/text.h"

namespace ndispool::nt {
namespace {

class NamedEvent final : public Object {
  public:
    explicit NamedEvent(EVENT_TYPE type) { KeInitializeEvent(&event_, type, TRUE); }
    void* body() override { return &event_; }
    bool can_be_waited_for() const override { return true; }

  private:
    KEVENT event_{};
};

class Names {
  public:
    std::shared_ptr<NamedEvent> get(std::u16string_view name, EVENT_TYPE type) {
        const machine::Locked locked(lock_);
        std::erase_if(events_, [](const auto& known) { return known.second.expired(); });
        std::weak_ptr<NamedEvent>& known = events_[std::u16string(name)];
        std::shared_ptr<NamedEvent> event = known.lock();
        if (!event)
            known = event = std::make_shared<NamedEvent>(type);
        return event;
    }

  private:
    machine::Lock lock_;
    std::map<std::u16string, std::weak_ptr<NamedEvent>, CaseInsensitiveLess> events_ NDISPOOL_GUARDED_BY(lock_);
};

PKEVENT named_event(const UNICODE_STRING& name, EVENT_TYPE type, HANDLE& handle) {
    static Names& names = *new Names; // never destroyed: drivers may outlive main()
    const std::shared_ptr<NamedEvent> event = names.get(view(name), type);
    handle = make_handle(event);
    return static_cast<PKEVENT>(event->body());
}

} // namespace
} // namespace ndispool::nt

using namespace ndispool;

extern "C" {

PKEVENT IoCreateNotificationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle) {
    return nt::named_event(*EventName, NotificationEvent, *EventHandle);
}

PKEVENT IoCreateSynchronizationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle) {
    return nt::named_event(*EventName, SynchronizationEvent, *EventHandle);
}

NTSTATUS ZwWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout) {
    PVOID object;
    if (const NTSTATUS status = ObReferenceObjectByHandle(Handle, SYNCHRONIZE, nullptr, KernelMode, &object, nullptr);
        status != STATUS_SUCCESS)
        return status;
    const auto known = nt::object_of(Handle); // null: a thread
    const NTSTATUS status = known && !known->can_be_waited_for()
                                ? STATUS_INVALID_HANDLE
                                : KeWaitForSingleObject(object, Executive, KernelMode, Alertable, Timeout);
    ObDereferenceObject(object);
    return status;
}

} // extern "C"
