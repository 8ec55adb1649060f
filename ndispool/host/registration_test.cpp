#include "ndispool/host/driver.h"
#include "ndispool/host/testing.h"

#include <gtest/gtest.h>

namespace ndispool::host::testing {
namespace {

// What a DriverEntry of a test does; the driver it runs for.
std::function<NTSTATUS(PDRIVER_OBJECT)> entry_body;

NTSTATUS entry(PDRIVER_OBJECT object, PUNICODE_STRING) {
    return entry_body(object);
}

NTSTATUS run_entry(Driver& driver, std::function<NTSTATUS(PDRIVER_OBJECT)> body) {
    entry_body = std::move(body);
    return enter(driver, entry);
}

NDIS_STATUS initialize(PNDIS_STATUS, PUINT, PNDIS_MEDIUM, UINT, NDIS_HANDLE, NDIS_HANDLE) {
    return NDIS_STATUS_FAILURE;
}
VOID halt_handler(NDIS_HANDLE) {}
NDIS_STATUS information(NDIS_HANDLE, NDIS_OID, PVOID, ULONG, PULONG, PULONG) {
    return NDIS_STATUS_NOT_SUPPORTED;
}
VOID send_packets(NDIS_HANDLE, PPNDIS_PACKET, UINT) {}

NDIS51_MINIPORT_CHARACTERISTICS miniport(UCHAR major = 5, UCHAR minor = 1) {
    NDIS51_MINIPORT_CHARACTERISTICS made{};
    made.MajorNdisVersion = major;
    made.MinorNdisVersion = minor;
    made.InitializeHandler = initialize;
    made.HaltHandler = halt_handler;
    made.QueryInformationHandler = information;
    made.SetInformationHandler = information;
    made.SendPacketsHandler = send_packets;
    return made;
}

NDIS_STATUS register_one(NDIS51_MINIPORT_CHARACTERISTICS characteristics, UINT length) {
    Driver driver;
    NDIS_STATUS status = NDIS_STATUS_FAILURE;
    run_entry(driver, [&](PDRIVER_OBJECT object) {
        NDIS_HANDLE wrapper;
        NdisMInitializeWrapper(&wrapper, object, nullptr, nullptr);
        status = NdisMRegisterMiniport(wrapper, &characteristics, length);
        return STATUS_SUCCESS;
    });
    EXPECT_EQ(driver.miniports.size(), status == NDIS_STATUS_SUCCESS ? 1u : 0u);
    return status;
}

TEST(Registration, a_wrapper_handle_needs_a_driver_object) {
    NDIS_HANDLE wrapper = &wrapper;
    NdisInitializeWrapper(&wrapper, nullptr, nullptr, nullptr);
    EXPECT_EQ(wrapper, nullptr);
}

TEST(Registration, a_miniport_registers_with_the_length_of_its_version) {
    EXPECT_EQ(register_one(miniport(5, 1), sizeof(NDIS51_MINIPORT_CHARACTERISTICS)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(register_one(miniport(5, 0), sizeof(NDIS50_MINIPORT_CHARACTERISTICS)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(register_one(miniport(4, 0), sizeof(NDIS40_MINIPORT_CHARACTERISTICS)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(register_one(miniport(5, 1), sizeof(NDIS51_MINIPORT_CHARACTERISTICS) + 64), NDIS_STATUS_SUCCESS)
        << "a larger length is ignored";
}

TEST(Registration, characteristics_too_short_for_their_version_are_bad) {
    EXPECT_EQ(register_one(miniport(5, 1), sizeof(NDIS40_MINIPORT_CHARACTERISTICS)), NDIS_STATUS_BAD_CHARACTERISTICS);
    EXPECT_EQ(register_one(miniport(4, 0), sizeof(NDIS30_MINIPORT_CHARACTERISTICS)), NDIS_STATUS_BAD_CHARACTERISTICS);
    EXPECT_EQ(register_one(miniport(5, 1), 0), NDIS_STATUS_BAD_CHARACTERISTICS);
}

TEST(Registration, members_of_a_later_version_than_the_driver_says_are_not_read) {
    Driver driver;
    NDIS51_MINIPORT_CHARACTERISTICS characteristics = miniport(5, 0);
    characteristics.CancelSendPacketsHandler = [](NDIS_HANDLE, PVOID) {};
    run_entry(driver, [&](PDRIVER_OBJECT object) {
        NDIS_HANDLE wrapper;
        NdisMInitializeWrapper(&wrapper, object, nullptr, nullptr);
        NdisMRegisterMiniport(wrapper, &characteristics, sizeof characteristics);
        return STATUS_SUCCESS;
    });
    ASSERT_EQ(driver.miniports.size(), 1u);
    EXPECT_EQ(driver.miniports[0]->handlers.CancelSendPacketsHandler, nullptr);
}

TEST(Registration, versions_other_than_4_and_5_are_refused) {
    EXPECT_EQ(register_one(miniport(3, 0), sizeof(NDIS51_MINIPORT_CHARACTERISTICS)), NDIS_STATUS_BAD_VERSION);
    EXPECT_EQ(register_one(miniport(6, 0), sizeof(NDIS51_MINIPORT_CHARACTERISTICS)), NDIS_STATUS_BAD_VERSION);
}

TEST(Registration, a_mandatory_handler_that_is_missing_is_bad_but_reset_may_be_missing) {
    auto characteristics = miniport();
    characteristics.HaltHandler = nullptr;
    EXPECT_EQ(register_one(characteristics, sizeof characteristics), NDIS_STATUS_BAD_CHARACTERISTICS);
    characteristics = miniport();
    characteristics.SendPacketsHandler = nullptr;
    EXPECT_EQ(register_one(characteristics, sizeof characteristics), NDIS_STATUS_BAD_CHARACTERISTICS)
        << "no send handler at all";
    EXPECT_EQ(miniport().ResetHandler, nullptr);
}

TEST(Registration, a_protocol_needs_bind_and_unbind_handlers_and_a_version_it_can_have) {
    const auto outcome = [](UCHAR major, bool complete, UINT length) {
        Driver driver;
        NDIS_STATUS status = NDIS_STATUS_SUCCESS;
        NDIS_HANDLE handle = &handle;
        run_entry(driver, [&](PDRIVER_OBJECT) {
            NDIS50_PROTOCOL_CHARACTERISTICS characteristics{};
            characteristics.MajorNdisVersion = major;
            characteristics.SendCompleteHandler = [](NDIS_HANDLE, PNDIS_PACKET, NDIS_STATUS) {};
            characteristics.RequestCompleteHandler = [](NDIS_HANDLE, PNDIS_REQUEST, NDIS_STATUS) {};
            characteristics.ReceiveHandler = [](NDIS_HANDLE, NDIS_HANDLE, PVOID, UINT, PVOID, UINT,
                                                UINT) -> NDIS_STATUS { return NDIS_STATUS_NOT_ACCEPTED; };
            characteristics.ReceiveCompleteHandler = [](NDIS_HANDLE) {};
            if (complete) {
                characteristics.BindAdapterHandler = [](PNDIS_STATUS, NDIS_HANDLE, PNDIS_STRING, PVOID, PVOID) {};
                characteristics.UnbindAdapterHandler = [](PNDIS_STATUS, NDIS_HANDLE, NDIS_HANDLE) {};
            }
            NdisRegisterProtocol(&status, &handle, &characteristics, length);
            return STATUS_SUCCESS;
        });
        EXPECT_EQ(handle == nullptr, status != NDIS_STATUS_SUCCESS);
        return status;
    };
    EXPECT_EQ(outcome(5, true, sizeof(NDIS50_PROTOCOL_CHARACTERISTICS)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(outcome(4, true, sizeof(NDIS40_PROTOCOL_CHARACTERISTICS)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(outcome(5, false, sizeof(NDIS50_PROTOCOL_CHARACTERISTICS)), NDIS_STATUS_BAD_CHARACTERISTICS);
    EXPECT_EQ(outcome(5, true, 100), NDIS_STATUS_BAD_CHARACTERISTICS);
    EXPECT_EQ(outcome(3, true, sizeof(NDIS50_PROTOCOL_CHARACTERISTICS)), NDIS_STATUS_BAD_VERSION);
    EXPECT_EQ(outcome(6, true, sizeof(NDIS50_PROTOCOL_CHARACTERISTICS)), NDIS_STATUS_BAD_VERSION);
}

TEST(Registration, an_associated_protocol_knows_its_upper_edge) {
    Driver driver;
    run_entry(driver, [&](PDRIVER_OBJECT object) {
        NDIS_HANDLE wrapper, upper;
        auto characteristics = miniport();
        NdisMInitializeWrapper(&wrapper, object, nullptr, nullptr);
        EXPECT_EQ(NdisIMRegisterLayeredMiniport(wrapper, &characteristics, sizeof characteristics, &upper),
                  NDIS_STATUS_SUCCESS);
        Protocol protocol;
        NdisIMAssociateMiniport(upper, &protocol);
        EXPECT_EQ(protocol.upper_edge, upper);
        return STATUS_SUCCESS;
    });
    ASSERT_EQ(driver.miniports.size(), 1u);
    EXPECT_TRUE(driver.miniports[0]->layered);
}

TEST(Registration, the_registered_unload_handler_goes_before_driver_unload) {
    static int called;
    called = 0;
    Driver driver;
    driver.object.DriverUnload = [](PDRIVER_OBJECT) { called += 10; };
    unload(driver);
    EXPECT_EQ(called, 10);
    run_entry(driver, [](PDRIVER_OBJECT object) {
        NDIS_HANDLE wrapper;
        NdisMInitializeWrapper(&wrapper, object, nullptr, nullptr);
        NdisMRegisterUnloadHandler(wrapper, [](PDRIVER_OBJECT) { called += 1; });
        return STATUS_SUCCESS;
    });
    unload(driver);
    EXPECT_EQ(called, 11);
}

TEST(Intermediate, a_device_instance_is_initialized_once_and_deinitialized_with_a_halt) {
    static NDIS_HANDLE handle;
    static int halts;
    static int context_object;
    halts = 0;
    TestMiniport below;
    Stack stack(below);
    Driver driver;
    NDIS_HANDLE upper = nullptr;
    run_entry(driver, [&](PDRIVER_OBJECT object) {
        NDIS_HANDLE wrapper;
        auto characteristics = miniport();
        characteristics.InitializeHandler = [](PNDIS_STATUS, PUINT selected, PNDIS_MEDIUM, UINT, NDIS_HANDLE adapter,
                                               NDIS_HANDLE) -> NDIS_STATUS {
            handle = adapter;
            *selected = 0;
            EXPECT_EQ(NdisIMGetDeviceContext(adapter), &context_object);
            NdisMSetAttributesEx(adapter, &context_object, 0,
                                 NDIS_ATTRIBUTE_INTERMEDIATE_DRIVER | NDIS_ATTRIBUTE_DESERIALIZE,
                                 NdisInterfaceInternal);
            return NDIS_STATUS_SUCCESS;
        };
        characteristics.HaltHandler = [](NDIS_HANDLE) { ++halts; };
        characteristics.QueryInformationHandler = [](NDIS_HANDLE, NDIS_OID, PVOID, ULONG length, PULONG written,
                                                     PULONG) -> NDIS_STATUS {
            *written = length; // whatever is asked for: zeros
            return NDIS_STATUS_SUCCESS;
        };
        NdisMInitializeWrapper(&wrapper, object, nullptr, nullptr);
        return NdisIMRegisterLayeredMiniport(wrapper, &characteristics, sizeof characteristics, &upper);
    });
    NDIS_STRING name = NDIS_STRING_CONST("\\Device\\{virtual}");
    EXPECT_EQ(NdisIMInitializeDeviceInstanceEx(upper, &name, &context_object), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisIMInitializeDeviceInstanceEx(upper, &name, &context_object), NDIS_STATUS_NOT_ACCEPTED);
    EXPECT_EQ(NdisIMCancelInitializeDeviceInstance(upper, &name), NDIS_STATUS_FAILURE) << "too late";
    EXPECT_EQ(NdisIMDeInitializeDeviceInstance(below.handle), NDIS_STATUS_FAILURE) << "not an intermediate driver's";
    EXPECT_EQ(NdisIMDeInitializeDeviceInstance(handle), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(halts, 1);
}

} // namespace
} // namespace ndispool::host::testing
