#include <gtest/gtest.h>

#include "ndis/object.h"
#include "ndis/text.h"

namespace ndispool::nt {
namespace {

UNICODE_STRING text(const char16_t* characters) {
    UNICODE_STRING made;
    RtlInitUnicodeString(&made, reinterpret_cast<PCWSTR>(characters));
    return made;
}

TEST(NamedEvent, is_one_for_all_who_ask_for_its_name_and_starts_signalled) {
    UNICODE_STRING name = text(u"\\BaseNamedObjects\\One"), again = text(u"\\BaseNamedObjects\\ONE");
    HANDLE first = nullptr, second = nullptr;
    PKEVENT const event = IoCreateNotificationEvent(&name, &first);
    EXPECT_EQ(IoCreateNotificationEvent(&again, &second), event);
    EXPECT_NE(KeReadStateEvent(event), 0);
    LARGE_INTEGER now{};
    EXPECT_EQ(ZwWaitForSingleObject(first, FALSE, &now), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(first), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(first), STATUS_INVALID_HANDLE);
    KeClearEvent(event);
    EXPECT_EQ(ZwWaitForSingleObject(second, FALSE, &now), STATUS_TIMEOUT);
    EXPECT_EQ(ZwClose(second), STATUS_SUCCESS);
    EXPECT_EQ(ZwWaitForSingleObject(second, FALSE, &now), STATUS_INVALID_HANDLE);
}

TEST(NamedEvent, lives_as_long_as_a_reference_of_it) {
    UNICODE_STRING name = text(u"\\BaseNamedObjects\\Two");
    HANDLE handle = nullptr;
    PKEVENT const event = IoCreateSynchronizationEvent(&name, &handle);
    PVOID object = nullptr;
    EXPECT_EQ(ObReferenceObjectByHandle(handle, SYNCHRONIZE, nullptr, KernelMode, &object, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(object, event);
    ObReferenceObject(object);
    EXPECT_EQ(ZwClose(handle), STATUS_SUCCESS);
    ObDereferenceObject(object);
    EXPECT_EQ(IoCreateSynchronizationEvent(&name, &handle), event);
    EXPECT_EQ(KeResetEvent(event), 1);
    EXPECT_EQ(ZwClose(handle), STATUS_SUCCESS);
    ObDereferenceObject(object);
    EXPECT_NE(KeReadStateEvent(IoCreateSynchronizationEvent(&name, &handle)), 0) << "the old one is gone";
    EXPECT_EQ(ZwClose(handle), STATUS_SUCCESS);
}

} // namespace
} // namespace ndispool::nt
