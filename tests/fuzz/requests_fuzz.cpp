// Requests of any kind, length and contents to the driver's adapter and to the host's own below it, while frames pass.
//   Input: steps, see below; each is followed by as many bytes as it says, or as there are.
#include "stack.h"

#include "ndispool/host/pnp.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace {

using namespace ndispool;
using namespace std::string_view_literals;
using fuzz::require;

struct Step {
    std::uint8_t kind;    // bit 0: set, else query; bit 1: of the adapter below
    std::uint8_t object;  // of the list of those that drivers have; behind its end: `any`
    std::uint16_t length; // of the buffer
    std::uint32_t any;
};

constexpr NDIS_OID blocks[] = {0x00010101, 0x00020101, 0x01010101, 0x01020101, 0xFD010100};
constexpr unsigned block_objects = 0x20;

constexpr bool miniport = std::string_view(NDISPOOL_DRIVER).ends_with("netvmini.so");
constexpr std::u16string_view below = u"\\Device\\{6E646973-706F-6F6C-0000-000000000001}"sv;
constexpr std::u16string_view own = miniport ? u"\\Device\\{6E646973-706F-6F6C-0000-000000000002}"sv
                                             : u"\\Device\\{6E646973-706F-6F6C-0001-000000000001}"sv;

NDIS_OID object_of(const Step& step) {
    return step.object / block_objects < std::size(blocks)
               ? blocks[step.object / block_objects] + step.object % block_objects
               : step.any;
}

// The buffer has exactly the length that is said, so that a sanitizer sees one byte too many.
void perform(const Step& step, std::span<const std::uint8_t> bytes) {
    const NDIS_OID oid = object_of(step);
    const bool set = step.kind & 1;
    if (set && oid == OID_PNP_SET_POWER)
        return; // it would sleep, and be asked again: tests/soak does that in order
    host::Adapter* const adapter = host::find_adapter(step.kind & 2 && !miniport ? below : own);
    require(adapter, "an adapter is gone");
    const auto length = static_cast<UINT>(std::min<std::size_t>(step.length % 4096, bytes.size()));
    const std::unique_ptr<std::uint8_t[]> buffer(new std::uint8_t[length]);
    std::copy_n(bytes.begin(), length, buffer.get());
    UINT done = 0;
    host::ask(*adapter, set ? NdisRequestSetInformation : NdisRequestQueryInformation, oid, buffer.get(), length,
              &done);
    require(done <= length, "an answer is longer than its buffer");
}

struct Rig {
    std::unique_ptr<wire::Wire> below = wire::open(miniport ? "null" : "null:100"), above = wire::open("null:100");
    fuzz::Stack stack{NDISPOOL_DRIVER, *below, *above};
};

void perform_all(std::span<const std::uint8_t> input) {
    while (input.size() >= sizeof(Step)) {
        Step step;
        std::memcpy(&step, input.data(), sizeof step);
        input = input.subspan(sizeof step);
        perform(step, input);
        input = input.subspan(std::min<std::size_t>(step.length % 4096, input.size()));
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Rig& rig = *new Rig;
    rig.stack.call([&] { perform_all({data, size}); });
    return 0;
}
