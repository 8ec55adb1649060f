#include "ndispool/tool/parameters.h"

#include "ndispool/observe/utf8.h"
#include "ndispool/tool/exit_code.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace ndispool::tool {

namespace {

bool same_name(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

} // namespace

std::optional<unsigned> adapter_number(std::string_view name) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    return error == std::errc{} && end == name.data() + name.size() && number > 0 ? std::optional(number)
                                                                                  : std::nullopt;
}

std::string name_of(const host::Parameter& parameter) {
    std::string name = parameter.driver.empty() ? "" : parameter.driver + ":";
    if (parameter.adapter > 0)
        name += fmt::format("{}:", parameter.adapter);
    return name + parameter.name;
}

host::Parameter parse_parameter(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos)
        throw UsageError(fmt::format("--param: '{}' has no '='; write NAME=VALUE", text));
    if (equals == 0)
        throw UsageError(fmt::format("--param: '{}' has no name before the '='; write NAME=VALUE", text));
    if (!observe::is_utf8(text))
        throw UsageError(fmt::format("--param: '{}' is not UTF-8; write NAME=VALUE in UTF-8", text));
    host::Parameter parameter{"", std::string(text.substr(equals + 1))};
    std::string_view name = text.substr(0, equals);
    const auto prefix = [&] { // up to the first colon, if there is one
        const std::size_t colon = name.find(':');
        return colon == std::string_view::npos ? std::string_view() : name.substr(0, colon);
    };
    if (const auto driver = prefix(); !driver.empty() && !adapter_number(driver)) {
        parameter.driver = driver;
        name.remove_prefix(driver.size() + 1);
    }
    if (const auto number = adapter_number(prefix())) {
        parameter.adapter = *number;
        name.remove_prefix(prefix().size() + 1);
    }
    if (name.empty() || name.find(':') != std::string_view::npos)
        throw UsageError(
            fmt::format("--param: '{}' is not NAME=VALUE; before the NAME there may be DRIVER: and the number "
                        "of an adapter, as in passthru:2:NAME=VALUE",
                        text));
    parameter.name = name;
    return parameter;
}

void set_parameter(std::vector<host::Parameter>& parameters, host::Parameter parameter) {
    std::erase_if(parameters, [&](const host::Parameter& known) {
        return same_name(known.name, parameter.name) && known.driver == parameter.driver &&
               known.adapter == parameter.adapter;
    });
    parameters.push_back(std::move(parameter));
}

} // namespace ndispool::tool
