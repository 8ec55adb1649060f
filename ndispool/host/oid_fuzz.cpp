// Requests of any kind to the host's own adapter, through a binding as a protocol makes them and past it as NDIS does.
//   Input: steps, see below; each is followed by as many bytes as it says, or as there are.
#include "ndispool/host/pnp.h"
#include "ndispool/host/wire_adapter.h"
#include "ndispool/machine/processor.h"
#include "ndispool/wire/wire.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

namespace {

using namespace ndispool;
using namespace ndispool::host;

struct Step {
    std::uint8_t kind;   // bit 0: set; bit 1: past the binding
    std::uint8_t object; // of the list below; behind its end: `any`
    std::uint16_t length;
    std::uint32_t any;
};

constexpr std::size_t most_bytes = 4096;

constexpr NDIS_OID objects[] = {
    OID_GEN_SUPPORTED_LIST,       OID_GEN_CURRENT_PACKET_FILTER, OID_GEN_CURRENT_LOOKAHEAD,  OID_GEN_PROTOCOL_OPTIONS,
    OID_802_3_MULTICAST_LIST,     OID_802_3_CURRENT_ADDRESS,     OID_GEN_VENDOR_DESCRIPTION, OID_GEN_DRIVER_VERSION,
    OID_PNP_CAPABILITIES,         OID_PNP_QUERY_POWER,           OID_PNP_SET_POWER,          OID_GEN_MAC_OPTIONS,
    OID_GEN_MEDIA_CONNECT_STATUS, OID_802_3_MAXIMUM_LIST_SIZE};

VOID request_complete(NDIS_HANDLE, PNDIS_REQUEST, NDIS_STATUS) {
    std::abort(); // this adapter answers at once
}

struct Rig {
    std::unique_ptr<wire::Wire> wire = wire::open("null");
    Traffic traffic;
    Freedom freedom;
    std::unique_ptr<WireAdapter> wire_adapter;
    Driver driver;
    Protocol protocol;
    Adapter* adapter = nullptr;
    NDIS_HANDLE binding = nullptr;

    Rig() {
        machine::start({});
        wire_adapter = std::make_unique<WireAdapter>(*wire, traffic, 0, freedom, 0);
        WireAdapter::enroll(driver);
        adapter = &add_adapter(*driver.miniports.front(), u"\\Device\\{6E646973-0000-0001}", u"fuzz");
        adapter->device_context = wire_adapter.get();
        protocol.driver = &driver;
        protocol.handlers.RequestCompleteHandler = request_complete;
        if (start(*adapter) != NDIS_STATUS_SUCCESS ||
            open(protocol, *adapter, nullptr, &binding) != NDIS_STATUS_SUCCESS)
            std::abort();
        std::atexit(end);
    }

    static void end();
};

Rig& rig() {
    static Rig& only = *new Rig;
    return only;
}

void Rig::end() {
    NDIS_STATUS status;
    NdisCloseAdapter(&status, rig().binding);
    remove(*rig().adapter);
    machine::stop();
}

// The buffer has exactly the length that is said, so that a sanitizer sees one byte too many.
void perform(const Step& step, const std::uint8_t* bytes) {
    const std::unique_ptr<std::uint8_t[]> buffer(new std::uint8_t[step.length]);
    std::copy_n(bytes, step.length, buffer.get());
    const NDIS_OID oid = step.object < std::size(objects) ? objects[step.object] : step.any;
    const NDIS_REQUEST_TYPE type = step.kind & 1 ? NdisRequestSetInformation : NdisRequestQueryInformation;
    UINT done = 0;
    if (step.kind & 2) {
        ask(*rig().adapter, type, oid, buffer.get(), step.length, &done);
    } else {
        NDIS_REQUEST request{};
        request.RequestType = type;
        request.DATA.QUERY_INFORMATION.Oid = oid;
        request.DATA.QUERY_INFORMATION.InformationBuffer = buffer.get();
        request.DATA.QUERY_INFORMATION.InformationBufferLength = step.length;
        NDIS_STATUS status;
        (NdisRequest)(&status, rig().binding, &request);
        done = request.DATA.QUERY_INFORMATION.BytesWritten;
    }
    if (done > step.length)
        std::abort(); // more than there was room for
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    while (size >= sizeof(Step)) {
        Step step;
        std::memcpy(&step, data, sizeof step);
        data += sizeof step;
        size -= sizeof step;
        step.length = static_cast<std::uint16_t>(std::min(step.length % most_bytes, size));
        perform(step, data);
        data += step.length;
        size -= step.length;
    }
    return 0;
}
