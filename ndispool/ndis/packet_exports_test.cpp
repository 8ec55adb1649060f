#include "ndispool/ndis/packet_exports.h"

#include "ndispool/ndis/buffer_exports.h"
#include "ndispool/ndis/packet_test_support.h"

#include <set>
#include <string_view>

namespace ndispool::ndis {
namespace {

const nt::Export& export_named(std::string_view name) {
    for (const auto& list : {packet_exports(), buffer_exports()})
        for (const nt::Export& entry : list)
            if (name == entry.name)
                return entry;
    throw std::out_of_range(std::string(name));
}

TEST(PacketExports, every_function_of_the_import_library_is_there_once) {
    // reference: the rows "packets" and "buffers" of the import library, and three of its intermediate-driver row.
    const std::set<std::string_view> expected{
        "NdisAllocatePacketPool",
        "NdisAllocatePacketPoolEx",
        "NdisFreePacketPool",
        "NdisPacketPoolUsage",
        "NdisPacketSize",
        "NdisSetPacketPoolProtocolId",
        "NdisGetPoolFromPacket",
        "NdisAllocatePacket",
        "NdisFreePacket",
        "NdisDprAllocatePacket",
        "NdisDprAllocatePacketNonInterlocked",
        "NdisDprFreePacket",
        "NdisDprFreePacketNonInterlocked",
        "NdisCopyFromPacketToPacket",
        "NdisCopyFromPacketToPacketSafe",
        "NdisUnchainBufferAtFront",
        "NdisUnchainBufferAtBack",
        "NdisGetFirstBufferFromPacket",
        "NdisGetFirstBufferFromPacketSafe",
        "NdisGetPacketCancelId",
        "NdisSetPacketCancelId",
        "NdisSetPacketStatus",
        "NdisAllocateBufferPool",
        "NdisFreeBufferPool",
        "NdisAllocateBuffer",
        "NdisFreeBuffer",
        "NdisCopyBuffer",
        "NdisAdjustBufferLength",
        "NdisBufferLength",
        "NdisBufferVirtualAddress",
        "NdisQueryBuffer",
        "NdisQueryBufferSafe",
        "NdisQueryBufferOffset",
        "NdisGetBufferPhysicalArraySize",
        "NDIS_BUFFER_TO_SPAN_PAGES",
        "NdisGeneratePartialCancelId",
        "NdisIMGetCurrentPacketStack",
        "NdisIMCopySendPerPacketInfo",
        "NdisIMCopySendCompletePerPacketInfo",
        "NdisBufferVirtualAddressSafe" // a macro in Windows headers; here the mapping fault reaches it
    };
    std::multiset<std::string_view> offered;
    for (const auto& list : {packet_exports(), buffer_exports()})
        for (const nt::Export& entry : list) {
            offered.insert(entry.name);
            EXPECT_NE(entry.native, nullptr) << entry.name;
            EXPECT_NE(entry.microsoft, nullptr) << entry.name;
            EXPECT_NE(entry.native, entry.microsoft) << entry.name;
        }
    EXPECT_EQ(offered, std::multiset<std::string_view>(expected.begin(), expected.end()));
}

template <class Function> Function* microsoft(std::string_view name) {
    return reinterpret_cast<Function*>(export_named(name).microsoft);
}

using MakePool = void __attribute__((ms_abi)) (PNDIS_STATUS, PNDIS_HANDLE, UINT, UINT, UINT);
using Take = void __attribute__((ms_abi)) (PNDIS_STATUS, PNDIS_PACKET*, NDIS_HANDLE);
using Give = void __attribute__((ms_abi)) (PNDIS_PACKET);
using FreePool = void __attribute__((ms_abi)) (NDIS_HANDLE);
using Usage = UINT __attribute__((ms_abi)) (NDIS_HANDLE);

TEST(PacketExports, a_driver_of_the_other_calling_convention_gets_the_same_pool) {
    NDIS_STATUS status = NDIS_STATUS_PENDING;
    NDIS_HANDLE handle = nullptr;
    microsoft<MakePool>("NdisAllocatePacketPoolEx")(&status, &handle, 1, 1, 24);
    ASSERT_EQ(status, NDIS_STATUS_SUCCESS);
    PNDIS_PACKET packet = nullptr;
    microsoft<Take>("NdisAllocatePacket")(&status, &packet, handle);
    EXPECT_EQ(NdisPacketPoolUsage(handle), 1u);
    EXPECT_EQ(record_of(handle).protocol_reserved, 24u);
    microsoft<Give>("NdisFreePacket")(packet);
    EXPECT_EQ(microsoft<Usage>("NdisPacketPoolUsage")(handle), 0u);
    microsoft<FreePool>("NdisFreePacketPool")(handle);
}

} // namespace
} // namespace ndispool::ndis
