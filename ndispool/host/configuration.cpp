#include "ndispool/host/configuration.h"

#include "ndispool/host/exports.h"
#include "ndispool/host/pnp.h"
#include "ndispool/nt/registry.h"
#include "ndispool/nt/text.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>

namespace ndispool::host {

namespace {

using nt::RegistryKey;
using nt::RegistryValue;

// A driver's service key has two subtrees: what the user gave for the driver, and what belongs to one adapter. The second one is
// asked first.
constexpr char16_t parameters_path[] = u"Parameters";

RegistryKey& key_of(std::u16string_view service) {
    return nt::registry()->make(std::u16string(nt::services_path).append(service));
}

RegistryKey& key_of(const Driver& driver) {
    return key_of(nt::to_utf16(driver.name));
}

std::u16string adapter_path(std::u16string_view device) {
    return u"Adapters\\" + std::u16string(device.substr(device.rfind(u'\\') + 1));
}

// What a configuration handle points at; it owns every value that was read through it.
struct Configuration {
    std::vector<RegistryKey*> keys; // asked in order; written to the first one
    std::deque<NDIS_CONFIGURATION_PARAMETER> parameters;
    std::deque<std::u16string> texts;
    std::deque<std::vector<std::uint8_t>> bytes;
};

NDIS_HANDLE open_keys(std::vector<RegistryKey*> keys) {
    return new Configuration{std::move(keys), {}, {}, {}};
}

std::optional<RegistryValue> find_value(const Configuration& configuration, std::u16string_view name) {
    for (const RegistryKey* key : configuration.keys)
        if (auto value = key->value(name))
            return value;
    return std::nullopt;
}

// Keywords that are there without anybody having set them (NdisReadConfiguration).
std::optional<RegistryValue> pseudo_value(std::u16string_view name) {
    const auto is = [&](std::u16string_view keyword) { return nt::compare(name, keyword, true) == 0; };
    if (is(u"Environment"))
        return std::uint32_t{NdisEnvironmentWindowsNt};
    if (is(u"ProcessorType"))
        return std::uint32_t{NdisProcessorAmd64};
    if (is(u"NdisVersion"))
        return std::uint32_t{0x00050001};
    return std::nullopt;
}

std::optional<std::uint32_t> number_in(const std::u16string& text, NDIS_PARAMETER_TYPE type) {
    std::string digits = nt::to_utf8(text);
    int base = type == NdisParameterHexInteger ? 16 : 10;
    if (digits.starts_with("0x") || digits.starts_with("0X")) {
        digits.erase(0, 2);
        base = 16;
    }
    std::uint32_t value = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
    return error == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

NDIS_CONFIGURATION_PARAMETER integer(std::uint32_t value, NDIS_PARAMETER_TYPE type) {
    NDIS_CONFIGURATION_PARAMETER parameter{};
    parameter.ParameterType = type == NdisParameterHexInteger ? type : NdisParameterInteger;
    parameter.ParameterData.IntegerData = value;
    return parameter;
}

NDIS_CONFIGURATION_PARAMETER string(Configuration& owner, std::u16string text, NDIS_PARAMETER_TYPE type) {
    NDIS_CONFIGURATION_PARAMETER parameter{};
    parameter.ParameterType = type;
    parameter.ParameterData.StringData = nt::counted(owner.texts.emplace_back(std::move(text)));
    return parameter;
}

// Zero-terminated strings, the last followed by an empty one; the length is that of all of it.
NDIS_CONFIGURATION_PARAMETER multi_string(Configuration& owner, const std::vector<std::u16string>& list) {
    std::u16string all;
    for (const std::u16string& text : list)
        all.append(text).push_back(u'\0');
    all.push_back(u'\0');
    return string(owner, std::move(all), NdisParameterMultiString);
}

NDIS_CONFIGURATION_PARAMETER binary(Configuration& owner, std::vector<std::uint8_t> value) {
    NDIS_CONFIGURATION_PARAMETER parameter{};
    parameter.ParameterType = NdisParameterBinary;
    std::vector<std::uint8_t>& kept = owner.bytes.emplace_back(std::move(value));
    parameter.ParameterData.BinaryData = {static_cast<USHORT>(kept.size()), kept.data()};
    return parameter;
}

// The type asked for counts only where a string holds a number, as setup files store numbers, or is all that a list would hold.
NDIS_CONFIGURATION_PARAMETER parameter_of(Configuration& owner, const RegistryValue& value, NDIS_PARAMETER_TYPE type) {
    if (const auto* number = std::get_if<std::uint32_t>(&value))
        return integer(*number, type);
    if (const auto* list = std::get_if<std::vector<std::u16string>>(&value))
        return multi_string(owner, *list);
    if (const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&value))
        return binary(owner, *bytes);
    const std::u16string& text = std::get<std::u16string>(value);
    if (type == NdisParameterInteger || type == NdisParameterHexInteger)
        if (const auto number = number_in(text, type))
            return integer(*number, type);
    return type == NdisParameterMultiString ? multi_string(owner, {text}) : string(owner, text, NdisParameterString);
}

RegistryValue value_of(const NDIS_CONFIGURATION_PARAMETER& parameter) {
    switch (parameter.ParameterType) {
    case NdisParameterInteger:
    case NdisParameterHexInteger:
        return std::uint32_t{parameter.ParameterData.IntegerData};
    case NdisParameterBinary: {
        const auto* first = static_cast<const std::uint8_t*>(parameter.ParameterData.BinaryData.Buffer);
        return std::vector<std::uint8_t>(first, first + parameter.ParameterData.BinaryData.Length);
    }
    case NdisParameterMultiString: {
        std::vector<std::u16string> list;
        std::u16string_view rest = nt::view(parameter.ParameterData.StringData);
        while (!rest.empty() && rest.front() != u'\0') {
            const std::size_t end = std::min(rest.find(u'\0'), rest.size());
            list.emplace_back(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        return list;
    }
    default:
        return std::u16string(nt::view(parameter.ParameterData.StringData));
    }
}

int hex_digit(char16_t digit) {
    if (digit >= u'0' && digit <= u'9')
        return digit - u'0';
    const char16_t lower = digit | 0x20;
    return lower >= u'a' && lower <= u'f' ? lower - u'a' + 10 : -1;
}

// Hex digits, hyphens between them allowed; nothing when it is not that.
std::optional<std::vector<std::uint8_t>> address_in(const std::u16string& text) {
    std::vector<int> digits;
    for (char16_t character : text) {
        if (character == u'-')
            continue;
        digits.push_back(hex_digit(character));
        if (digits.back() < 0)
            return std::nullopt;
    }
    if (digits.empty() || digits.size() % 2 != 0)
        return std::nullopt;
    std::vector<std::uint8_t> address(digits.size() / 2);
    for (std::size_t i = 0; i < address.size(); ++i)
        address[i] = static_cast<std::uint8_t>(digits[2 * i] << 4 | digits[2 * i + 1]);
    return address;
}

NDIS_HANDLE open_for(const Driver& driver, const Adapter& adapter) {
    RegistryKey& key = key_of(driver);
    return open_keys({&key.make(adapter_path(adapter.name)), &key.make(parameters_path)});
}

NDIS_HANDLE open_for_bind(const BindContext& bind) {
    const Driver& driver = *bind.protocol->driver;
    constexpr char16_t keyword[] = u"UpperBindings";
    RegistryKey& key = key_of(driver);
    RegistryKey& adapter = key.make(adapter_path(bind.adapter->name));
    if (!adapter.value(keyword) && !key.make(parameters_path).value(keyword) &&
        std::ranges::any_of(driver.miniports, [](const auto& miniport) { return miniport->layered; }))
        adapter.set_value(keyword, upper_device(*bind.adapter));
    return open_for(driver, *bind.adapter);
}

NDIS_HANDLE open_subkey(const Configuration& configuration, std::u16string_view name) {
    for (RegistryKey* key : configuration.keys)
        if (RegistryKey* const found = key->find(name))
            return open_keys({found});
    return nullptr;
}

// Subkeys of all keys of the handle, one after the other.
RegistryKey* subkey_at(const Configuration& configuration, std::size_t index) {
    for (RegistryKey* key : configuration.keys) {
        std::size_t here = 0;
        while (RegistryKey* const subkey = key->subkey(here)) {
            if (here == index)
                return subkey;
            ++here;
        }
        index -= here;
    }
    return nullptr;
}

NDIS_STATUS answer(NDIS_HANDLE made, PNDIS_HANDLE handle) {
    *handle = made;
    return made ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

Configuration& at(NDIS_HANDLE handle) {
    return *static_cast<Configuration*>(handle);
}

NDIS_STATUS read(Configuration& configuration, std::u16string_view name, NDIS_PARAMETER_TYPE type,
                 PNDIS_CONFIGURATION_PARAMETER* parameter) {
    auto value = find_value(configuration, name);
    if (!value)
        value = pseudo_value(name);
    *parameter = nullptr;
    if (!value)
        return NDIS_STATUS_FAILURE;
    *parameter = &configuration.parameters.emplace_back(parameter_of(configuration, *value, type));
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS read_address(Configuration& configuration, PVOID* address, PUINT length) {
    const auto value = find_value(configuration, u"NetworkAddress");
    const auto* const text = value ? std::get_if<std::u16string>(&*value) : nullptr;
    auto bytes = text ? address_in(*text) : std::nullopt;
    *address = nullptr;
    *length = 0;
    if (!bytes)
        return NDIS_STATUS_FAILURE;
    std::vector<std::uint8_t>& kept = configuration.bytes.emplace_back(std::move(*bytes));
    *address = kept.data();
    *length = static_cast<UINT>(kept.size());
    return NDIS_STATUS_SUCCESS;
}

struct ToRegistry {
    RegistryValue operator()(const std::string& text) const { return nt::to_utf16(text); }
    RegistryValue operator()(std::uint32_t number) const { return number; }
    RegistryValue operator()(const std::vector<std::string>& list) const {
        std::vector<std::u16string> wide;
        wide.reserve(list.size());
        for (const std::string& text : list)
            wide.push_back(nt::to_utf16(text));
        return wide;
    }
};

void set_values(RegistryKey& key, const std::vector<Parameter>& parameters) {
    for (const Parameter& parameter : parameters)
        key.set_value(nt::to_utf16(parameter.name), std::visit(ToRegistry{}, parameter.value));
}

} // namespace

void set_parameters(const std::vector<Parameter>& parameters, std::u16string_view service) {
    nt::renew_registry();
    add_parameters(parameters, service);
}

void add_parameters(const std::vector<Parameter>& parameters, std::u16string_view service) {
    set_values(key_of(service).make(parameters_path), parameters);
}

void add_adapter_parameters(const std::vector<Parameter>& parameters, std::u16string_view service,
                            std::u16string_view device) {
    set_values(key_of(service).make(adapter_path(device)), parameters);
}

// \Device\{6E646973-706F-6F6C-0000-...}: the same with the next fourth group. A name that somebody else chose: with an addition.
std::u16string upper_device(std::u16string_view device) {
    std::u16string name(device);
    constexpr std::size_t behind_group = sizeof "-000000000000}" - 1;
    constexpr std::u16string_view digits = u"0123456789ABCDEF";
    if (name.size() > behind_group && name.back() == u'}') {
        char16_t& digit = name[name.size() - behind_group - 1];
        const std::size_t value = digits.find(digit);
        if (value < digits.size() - 1) {
            digit = digits[value + 1];
            return name;
        }
    }
    return name + u"-1";
}

std::u16string upper_device(const Adapter& adapter) {
    return upper_device(adapter.name);
}

} // namespace ndispool::host

using namespace ndispool;
using namespace ndispool::host;

extern "C" {

VOID NdisOpenConfiguration(PNDIS_STATUS status, PNDIS_HANDLE handle, NDIS_HANDLE wrapper_context) {
    const auto* const adapter = static_cast<const Adapter*>(wrapper_context);
    *status = answer(adapter ? open_for(*adapter->miniport->driver, *adapter) : nullptr, handle);
}

VOID NdisOpenProtocolConfiguration(PNDIS_STATUS status, PNDIS_HANDLE handle, PNDIS_STRING section) {
    const BindContext* const bind = section ? find_bind(nt::view(*section)) : nullptr;
    *status = answer(bind ? open_for_bind(*bind) : nullptr, handle);
}

VOID NdisOpenConfigurationKeyByName(PNDIS_STATUS status, NDIS_HANDLE handle, PNDIS_STRING name, PNDIS_HANDLE subkey) {
    *status = answer(open_subkey(at(handle), nt::view(*name)), subkey);
}

VOID NdisOpenConfigurationKeyByIndex(PNDIS_STATUS status, NDIS_HANDLE handle, ULONG index, PNDIS_STRING name,
                                     PNDIS_HANDLE key) {
    RegistryKey* const found = subkey_at(at(handle), index);
    *status = answer(found ? open_keys({found}) : nullptr, key);
    *name = found ? nt::counted(found->name()) : NDIS_STRING{};
}

VOID NdisReadConfiguration(PNDIS_STATUS status, PNDIS_CONFIGURATION_PARAMETER* value, NDIS_HANDLE handle,
                           PNDIS_STRING keyword, NDIS_PARAMETER_TYPE type) {
    *status = read(at(handle), nt::view(*keyword), type, value);
}

VOID NdisWriteConfiguration(PNDIS_STATUS status, NDIS_HANDLE handle, PNDIS_STRING keyword,
                            PNDIS_CONFIGURATION_PARAMETER value) {
    at(handle).keys.front()->set_value(nt::view(*keyword), value_of(*value));
    *status = NDIS_STATUS_SUCCESS;
}

VOID NdisReadNetworkAddress(PNDIS_STATUS status, PVOID* address, PUINT length, NDIS_HANDLE handle) {
    *status = read_address(at(handle), address, length);
}

VOID NdisCloseConfiguration(NDIS_HANDLE handle) {
    delete static_cast<Configuration*>(handle);
}

} // extern "C"

namespace ndispool::host {

std::span<const nt::Export> configuration_exports() {
    static const nt::Export list[] = {
        NDISPOOL_EXPORT(NdisOpenConfiguration),          NDISPOOL_EXPORT(NdisOpenProtocolConfiguration),
        NDISPOOL_EXPORT(NdisOpenConfigurationKeyByName), NDISPOOL_EXPORT(NdisOpenConfigurationKeyByIndex),
        NDISPOOL_EXPORT(NdisReadConfiguration),          NDISPOOL_EXPORT(NdisWriteConfiguration),
        NDISPOOL_EXPORT(NdisReadNetworkAddress),         NDISPOOL_EXPORT(NdisCloseConfiguration),
    };
    return list;
}

} // namespace ndispool::host
