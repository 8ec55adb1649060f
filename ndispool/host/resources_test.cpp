#include "ndispool/host/exports.h"
#include "ndispool/host/testing.h"

namespace ndispool::host::testing {
namespace {

struct Arrived {
    std::atomic<void*> address{nullptr};
    std::atomic<int> irql{-1};
    ULONG length = 0;
};
Arrived* arrived = nullptr;

VOID allocate_complete(NDIS_HANDLE, PVOID address, PNDIS_PHYSICAL_ADDRESS, ULONG length, PVOID context) {
    EXPECT_EQ(context, arrived);
    arrived->length = length;
    arrived->irql = machine::current_irql();
    arrived->address = address;
}

TEST(Resources, shared_memory_that_is_asked_for_arrives_later_at_dispatch_level) {
    TestMiniport miniport;
    Stack stack(miniport);
    Arrived now;
    arrived = &now;
    EXPECT_EQ(NdisMAllocateSharedMemoryAsync(miniport.handle, 100, TRUE, &now), NDIS_STATUS_NOT_SUPPORTED);
    stack.adapter().miniport->handlers.AllocateCompleteHandler = allocate_complete;
    ASSERT_EQ(NdisMAllocateSharedMemoryAsync(miniport.handle, 100, TRUE, &now), NDIS_STATUS_PENDING);
    ASSERT_TRUE(eventually([&] { return now.address != nullptr; }));
    EXPECT_EQ(now.length, 100u);
    EXPECT_EQ(now.irql, int{DISPATCH_LEVEL});
    std::memset(now.address, 1, 100);
    NdisMFreeSharedMemory(miniport.handle, 100, TRUE, now.address, {});
}

TEST(Resources, a_log_is_one_for_each_adapter_and_refuses_what_is_larger_than_it) {
    TestMiniport miniport;
    Stack stack(miniport);
    NDIS_HANDLE log = nullptr, second = nullptr;
    ASSERT_EQ(NdisMCreateLog(miniport.handle, 8, &log), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisMCreateLog(miniport.handle, 8, &second), NDIS_STATUS_FAILURE);
    char data[9] = "12345678";
    EXPECT_EQ(NdisMWriteLogData(log, data, 8), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisMWriteLogData(log, data, 8), NDIS_STATUS_SUCCESS) << "it is a ring";
    EXPECT_EQ(NdisMWriteLogData(log, data, 9), NDIS_STATUS_BUFFER_OVERFLOW);
    NdisMFlushLog(log);
    NdisMCloseLog(log);
    EXPECT_EQ(NdisMCreateLog(miniport.handle, 8, &log), NDIS_STATUS_SUCCESS);
    NdisMCloseLog(log);
}

TEST(Resources, a_miniport_may_ask_for_its_own_removal) {
    TestMiniport miniport;
    Stack stack(miniport);
    EXPECT_EQ(NdisMRemoveMiniport(miniport.handle), NDIS_STATUS_SUCCESS);
    machine::drain_work();
    EXPECT_EQ(miniport.halts, 1);
    EXPECT_EQ(stack.adapter().state.load(), AdapterState::halted);
}

TEST(Resources, there_are_no_bundles_and_no_hardware_resources) {
    TestMiniport miniport;
    Stack stack(miniport);
    EXPECT_EQ(NdisMSetMiniportSecondary(miniport.handle, miniport.handle), NDIS_STATUS_NOT_SUPPORTED);
    EXPECT_EQ(NdisMPromoteMiniport(miniport.handle), NDIS_STATUS_NOT_SUPPORTED);
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    UINT size = 0;
    NdisMQueryAdapterResources(&status, miniport.handle, nullptr, &size);
    EXPECT_EQ(status, NDIS_STATUS_FAILURE);
}

TEST(Resources, what_is_out_of_scope_is_said_to_be) {
    for (const char* name : {"NdisClOpenAddressFamily", "NdisClMakeCall", "NdisCoSendPackets", "NdisCmActivateVc",
                             "NdisMCmActivateVc", "NdisMCoIndicateStatus"})
        EXPECT_NE(out_of_scope(name).find("connection-oriented"), std::string_view::npos) << name;
    EXPECT_NE(out_of_scope("NdisMWanSendComplete").find("WAN"), std::string_view::npos);
    EXPECT_NE(out_of_scope("NdisMRegisterInterrupt").find("hardware"), std::string_view::npos);
    for (const char* name : {"NdisSend", "NdisCopyBuffer", "NdisCloseAdapter", "NdisCompleteBindAdapter", "NdisNobody"})
        EXPECT_TRUE(out_of_scope(name).empty()) << name;
}

} // namespace
} // namespace ndispool::host::testing
