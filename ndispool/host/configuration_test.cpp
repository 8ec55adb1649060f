#include "ndispool/host/configuration.h"

#include "ndispool/host/testing.h"
#include "ndispool/nt/text.h"

#include <cstring>

namespace ndispool::host::testing {
namespace {

// A configuration handle as MiniportInitialize gets one.
class Configuration {
  public:
    explicit Configuration(std::vector<Parameter> parameters) : stack_(miniport_) {
        set_parameters(parameters, u"test"); // as the driver of the stack is called
        NDIS_STATUS status;
        NdisOpenConfiguration(&status, &handle_, &stack_.adapter());
        EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    }
    ~Configuration() { NdisCloseConfiguration(handle_); }
    Configuration(const Configuration&) = delete;

    NDIS_HANDLE handle() { return handle_; }
    NDIS_STATUS read(const std::u16string& name, NDIS_PARAMETER_TYPE type) {
        NDIS_STRING keyword = nt::counted(name);
        NDIS_STATUS status;
        NdisReadConfiguration(&status, &value, handle_, &keyword, type);
        return status;
    }
    PNDIS_CONFIGURATION_PARAMETER value = nullptr;

  private:
    TestMiniport miniport_;
    Stack stack_;
    NDIS_HANDLE handle_ = nullptr;
};

TEST(Configuration, a_string_that_is_a_number_is_converted_when_an_integer_is_asked_for) {
    Configuration configuration({{"A", "42"}, {"B", "2A"}, {"C", "0x2a"}, {"D", "many"}});
    ASSERT_EQ(configuration.read(u"A", NdisParameterInteger), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(configuration.value->ParameterType, NdisParameterInteger);
    EXPECT_EQ(configuration.value->ParameterData.IntegerData, 42u);
    ASSERT_EQ(configuration.read(u"B", NdisParameterHexInteger), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(configuration.value->ParameterData.IntegerData, 42u);
    ASSERT_EQ(configuration.read(u"C", NdisParameterInteger), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(configuration.value->ParameterData.IntegerData, 42u);
    ASSERT_EQ(configuration.read(u"D", NdisParameterInteger), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(configuration.value->ParameterType, NdisParameterString) << "what is no number stays a string";
}

TEST(Configuration, names_are_compared_without_case_and_what_is_absent_fails) {
    Configuration configuration(std::vector<Parameter>{{"SendPackets", std::uint32_t{7}}});
    ASSERT_EQ(configuration.read(u"sendpackets", NdisParameterInteger), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(configuration.value->ParameterData.IntegerData, 7u);
    EXPECT_EQ(configuration.read(u"Other", NdisParameterInteger), NDIS_STATUS_FAILURE);
    EXPECT_EQ(configuration.value, nullptr);
}

TEST(Configuration, strings_and_lists_of_strings_are_counted) {
    Configuration configuration({{"S", "abc"}, {"M", std::vector<std::string>{"x", "yz"}}});
    ASSERT_EQ(configuration.read(u"S", NdisParameterString), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(nt::view(configuration.value->ParameterData.StringData), u"abc");
    ASSERT_EQ(configuration.read(u"M", NdisParameterMultiString), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(configuration.value->ParameterType, NdisParameterMultiString);
    EXPECT_EQ(nt::view(configuration.value->ParameterData.StringData), std::u16string_view(u"x\0yz\0\0", 6));
}

// Drivers walk through a list up to its empty string.
TEST(Configuration, a_string_that_is_asked_for_as_a_list_is_a_list_of_one) {
    Configuration configuration(std::vector<Parameter>{{"S", "abc"}});
    ASSERT_EQ(configuration.read(u"S", NdisParameterMultiString), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(configuration.value->ParameterType, NdisParameterMultiString);
    EXPECT_EQ(nt::view(configuration.value->ParameterData.StringData), std::u16string_view(u"abc\0", 5));
}

TEST(Configuration, the_pseudo_keywords_are_always_there) {
    Configuration configuration(std::vector<Parameter>{});
    ASSERT_EQ(configuration.read(u"NdisVersion", NdisParameterInteger), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(configuration.value->ParameterData.IntegerData, 0x00050001u);
    ASSERT_EQ(configuration.read(u"ProcessorType", NdisParameterInteger), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(configuration.value->ParameterData.IntegerData, ULONG{NdisProcessorAmd64});
    ASSERT_EQ(configuration.read(u"Environment", NdisParameterInteger), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(configuration.value->ParameterData.IntegerData, ULONG{NdisEnvironmentWindowsNt});
}

TEST(Configuration, what_is_written_is_read_again_through_another_handle) {
    Configuration configuration(std::vector<Parameter>{{"A", "1"}});
    NDIS_STRING name = NDIS_STRING_CONST("A");
    NDIS_CONFIGURATION_PARAMETER parameter{};
    parameter.ParameterType = NdisParameterInteger;
    parameter.ParameterData.IntegerData = 99;
    NDIS_STATUS status;
    NdisWriteConfiguration(&status, configuration.handle(), &name, &parameter);
    EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    ASSERT_EQ(configuration.read(u"A", NdisParameterInteger), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(configuration.value->ParameterData.IntegerData, 99u);
}

TEST(Configuration, a_network_address_is_hex_digits_with_or_without_hyphens) {
    const auto read = [](const char* text, std::vector<std::uint8_t> expected) {
        Configuration configuration(std::vector<Parameter>{{"NetworkAddress", text}});
        NDIS_STATUS status;
        PVOID address;
        UINT length;
        NdisReadNetworkAddress(&status, &address, &length, configuration.handle());
        if (expected.empty()) {
            EXPECT_EQ(status, NDIS_STATUS_FAILURE) << text;
            return;
        }
        ASSERT_EQ(status, NDIS_STATUS_SUCCESS) << text;
        const auto* bytes = static_cast<std::uint8_t*>(address);
        EXPECT_EQ(std::vector<std::uint8_t>(bytes, bytes + length), expected);
    };
    read("02004E494401", {2, 0, 0x4e, 0x49, 0x44, 1});
    read("02-00-4e-49-44-01", {2, 0, 0x4e, 0x49, 0x44, 1});
    read("", {});
    read("02:00", {});
    read("020", {});
}

TEST(Configuration, an_intermediate_driver_finds_its_upper_binding_in_the_section_of_its_bind) {
    TestMiniport miniport;
    Stack stack(miniport);
    Adapter& adapter = stack.adapter();
    EXPECT_NE(upper_device(adapter), adapter.name);
    EXPECT_EQ(upper_device(adapter).substr(0, 9), u"\\Device\\{");
    EXPECT_EQ(upper_device(u"\\Device\\{6E646973-706F-6F6C-0000-000000000001}"),
              u"\\Device\\{6E646973-706F-6F6C-0001-000000000001}");
    EXPECT_EQ(upper_device(u"\\Device\\{6E646973-706F-6F6C-000F-000000000001}"),
              u"\\Device\\{6E646973-706F-6F6C-000F-000000000001}-1");
    EXPECT_EQ(upper_device(u"\\Device\\A"), u"\\Device\\A-1") << "a name that a driver or user chose";
    NDIS_STATUS status;
    NDIS_HANDLE handle;
    NDIS_STRING section = NDIS_STRING_CONST("nobody\\Parameters\\Adapters\\{none}");
    NdisOpenProtocolConfiguration(&status, &handle, &section);
    EXPECT_EQ(status, NDIS_STATUS_FAILURE) << "a section that no bind is going on for";
}

HANDLE open_key(std::u16string path) {
    UNICODE_STRING name = nt::counted(path);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr);
    HANDLE key = nullptr;
    EXPECT_EQ(ZwOpenKey(&key, KEY_READ, &attributes), STATUS_SUCCESS);
    return key;
}

// Drivers that read their parameters below the registry path of DriverEntry.
TEST(Configuration, is_below_the_drivers_service_key_in_the_registry) {
    Configuration configuration({{"Depth", std::uint32_t{64}}});
    const HANDLE key = open_key(u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\test\\Parameters");
    std::u16string depth = u"depth";
    UNICODE_STRING name = nt::counted(depth);
    KEY_VALUE_PARTIAL_INFORMATION found{};
    ULONG length = 0, number = 0;
    alignas(KEY_VALUE_PARTIAL_INFORMATION) UCHAR buffer[16];
    ASSERT_EQ(ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, sizeof buffer, &length), STATUS_SUCCESS);
    std::memcpy(&found, buffer, offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data));
    std::memcpy(&number, buffer + offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data), sizeof number);
    EXPECT_EQ(found.Type, static_cast<ULONG>(REG_DWORD));
    EXPECT_EQ(number, 64u);

    number = 128;
    EXPECT_EQ(ZwSetValueKey(key, &name, 0, REG_DWORD, &number, sizeof number), STATUS_SUCCESS);
    EXPECT_EQ(configuration.read(u"Depth", NdisParameterInteger), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(configuration.value->ParameterData.IntegerData, 128u);
    EXPECT_EQ(ZwClose(key), STATUS_SUCCESS);
}

TEST(Configuration, has_subkeys_by_name_and_by_number) {
    Configuration configuration(std::vector<Parameter>{});
    std::u16string path = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\test\\Parameters\\Ndi";
    UNICODE_STRING place = nt::counted(path);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &place, OBJ_CASE_INSENSITIVE, nullptr, nullptr);
    HANDLE made = nullptr;
    ASSERT_EQ(ZwCreateKey(&made, KEY_ALL_ACCESS, &attributes, 0, nullptr, 0, nullptr), STATUS_SUCCESS);
    ZwClose(made);

    NDIS_STATUS status;
    NDIS_HANDLE by_name = nullptr, by_number = nullptr, none = nullptr;
    NDIS_STRING name = NDIS_STRING_CONST("ndi"), absent = NDIS_STRING_CONST("absent"), found{};
    NdisOpenConfigurationKeyByName(&status, configuration.handle(), &name, &by_name);
    EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    NdisOpenConfigurationKeyByIndex(&status, configuration.handle(), 0, &found, &by_number);
    EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    EXPECT_EQ(nt::view(found), u"Ndi");
    NdisOpenConfigurationKeyByIndex(&status, configuration.handle(), 1, &found, &none);
    EXPECT_EQ(status, NDIS_STATUS_FAILURE) << "there is one";
    NdisOpenConfigurationKeyByName(&status, configuration.handle(), &absent, &none);
    EXPECT_EQ(status, NDIS_STATUS_FAILURE);
    NDIS_CONFIGURATION_PARAMETER depth{};
    depth.ParameterType = NdisParameterInteger;
    depth.ParameterData.IntegerData = 7;
    NDIS_STRING keyword = NDIS_STRING_CONST("Depth");
    NdisWriteConfiguration(&status, by_name, &keyword, &depth);
    PNDIS_CONFIGURATION_PARAMETER value = nullptr;
    NdisReadConfiguration(&status, &value, by_number, &keyword, NdisParameterInteger);
    ASSERT_EQ(status, NDIS_STATUS_SUCCESS);
    EXPECT_EQ(value->ParameterData.IntegerData, 7u) << "the same key";
    NdisCloseConfiguration(by_name);
    NdisCloseConfiguration(by_number);
}

} // namespace
} // namespace ndispool::host::testing
