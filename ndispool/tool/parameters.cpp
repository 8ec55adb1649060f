#include "ndispool/tool/parameters.h"

#include "ndispool/observe/utf8.h"
#include "ndispool/tool/exit_code.h"

#include <algorithm>
#include <fmt/format.h>

namespace ndispool::tool {

namespace {

bool same_name(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

} // namespace

host::Parameter parse_parameter(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos)
        throw UsageError(fmt::format("--param: '{}' has no '='; write NAME=VALUE", text));
    if (equals == 0)
        throw UsageError(fmt::format("--param: '{}' has no name before the '='; write NAME=VALUE", text));
    if (!observe::is_utf8(text))
        throw UsageError(fmt::format("--param: '{}' is not UTF-8; write NAME=VALUE in UTF-8", text));
    return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

void set_parameter(std::vector<host::Parameter>& parameters, host::Parameter parameter) {
    std::erase_if(parameters, [&](const host::Parameter& known) { return same_name(known.name, parameter.name); });
    parameters.push_back(std::move(parameter));
}

} // namespace ndispool::tool
