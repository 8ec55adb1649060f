// Requests of any kind and length to the adapters of the shipped drivers, while frames pass.
#include "script.h"
#include "whole.h"

#include "ndispool/host/pnp.h"

namespace ndispool::whole {
namespace {

using namespace std::string_view_literals;

// Instead of commands: a hundred requests at each look, from the thread that also unbinds and unloads.
class Asker final : public host::CommandSource {
  public:
    explicit Asker(std::u16string_view adapter) : adapter_(adapter) {}
    std::optional<std::string> next() override {
        if (left_ == 0)
            return "end";
        for (int i = 0; i < 100 && left_ > 0; ++i, --left_)
            ask();
        return std::nullopt;
    }
    bool more() const override { return left_ > 0; }
    void answer(std::string_view line) override { ADD_FAILURE() << line; }

    int asked = 0, succeeded = 0;

  private:
    NDIS_OID object() {
        constexpr NDIS_OID blocks[] = {0x00010101, 0x00020101, 0x01010101, 0x01020101, 0xFD010100};
        switch (random_() % 8) {
        case 0:
            return static_cast<NDIS_OID>(random_());
        default:
            return blocks[random_() % std::size(blocks)] + random_() % 0x18;
        }
    }

    void ask() {
        host::Adapter* const adapter = host::find_adapter(adapter_);
        ASSERT_NE(adapter, nullptr);
        const NDIS_OID oid = object();
        const bool set = random_() % 2;
        if (set && oid == OID_PNP_SET_POWER)
            return; // it would sleep: Control tests that
        std::vector<std::byte> buffer(random_() % 3 ? random_() % 8 : random_() % 200);
        for (std::byte& byte : buffer)
            byte = static_cast<std::byte>(random_());
        UINT done = 0;
        const NDIS_STATUS status = host::ask(*adapter, set ? NdisRequestSetInformation : NdisRequestQueryInformation,
                                             oid, buffer.data(), static_cast<UINT>(buffer.size()), &done);
        ++asked;
        succeeded += status == NDIS_STATUS_SUCCESS;
        ASSERT_LE(done, buffer.size()) << std::hex << oid;
    }

    std::mt19937 random_{31};
    const std::u16string adapter_;
    int left_ = 2000;
};

TEST(OidRequests, of_any_kind_and_length_harm_no_driver) {
    const struct {
        const char* driver;
        std::u16string_view adapter;
    } all[] = {{NDISPOOL_PASSTHRU, u"\\Device\\{6E646973-706F-6F6C-0001-000000000001}"sv},
               {NDISPOOL_NETVMINI, u"\\Device\\{6E646973-706F-6F6C-0000-000000000002}"sv}};
    for (const auto& one : all) {
        Asker asker(one.adapter);
        host::Setup setup;
        setup.driver = one.driver;
        setup.processors = 2;
        setup.commands = &asker;
        const bool below = one.driver == all[0].driver;
        const auto wire = wire::open(below ? "null:100" : "null"), above = wire::open("null:100");
        const host::StopFlag go_on{false};
        expect_clean(host::run(setup, *wire, *above, go_on));
        EXPECT_GT(asker.asked, 1900);
        EXPECT_GT(asker.succeeded, 100);
    }
}

} // namespace
} // namespace ndispool::whole
