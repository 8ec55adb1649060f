#include "ndispool/tool/config_file.h"

#include "ndispool/observe/utf8.h"
#include "ndispool/tool/exit_code.h"

#include <cerrno>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <system_error>

// The parser takes what it asserts for granted when NDEBUG is defined, and some malformed files do not keep it (found by
// config_fuzz).
namespace ndispool::tool {
struct ParserMistaken {};
constexpr void parser_expects(bool holds) {
    if (!holds)
        throw ParserMistaken();
}
} // namespace ndispool::tool
#undef NDEBUG
#define TOML_ASSERT(expr) ::ndispool::tool::parser_expects(static_cast<bool>(expr))
#include <toml++/toml.h>

namespace ndispool::tool {

namespace {

using Value = decltype(host::Parameter::value);

[[noreturn]] void refuse(const std::filesystem::path& file, const toml::source_region& place, std::string_view wrong) {
    throw UsageError(fmt::format("{}: line {}: {}", file.string(), place.begin.line, observe::printable(wrong)));
}

std::string read_text(const std::filesystem::path& file) {
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored))
        throw UsageError(fmt::format("{}: is a folder; give --config a TOML file", file.string()));
    std::ifstream in(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in)
        throw UsageError(fmt::format("{}: cannot be read: {}; give --config a TOML file", file.string(),
                                     std::generic_category().message(errno)));
    return text;
}

toml::table parse(const std::filesystem::path& file) {
    const std::string text = read_text(file);
    try {
        return toml::parse(text);
    } catch (const toml::parse_error& error) {
        refuse(file, error.source(), fmt::format("{}; write NAME = VALUE in TOML", error.description()));
    } catch (const ParserMistaken&) {
        throw UsageError(fmt::format("{}: is no TOML; write NAME = VALUE in TOML", file.string()));
    }
}

std::optional<std::vector<std::string>> strings(const toml::array& array) {
    std::vector<std::string> list;
    for (const toml::node& entry : array) {
        const auto text = entry.value_exact<std::string>();
        if (!text)
            return std::nullopt;
        list.push_back(*text);
    }
    return list;
}

std::optional<Value> value_of(const toml::node& node) {
    if (const auto text = node.value_exact<std::string>())
        return *text;
    if (const auto number = node.value_exact<std::int64_t>();
        number && *number >= 0 && *number <= std::numeric_limits<std::uint32_t>::max())
        return static_cast<std::uint32_t>(*number);
    if (const toml::array* array = node.as_array())
        if (auto list = strings(*array))
            return std::move(*list);
    return std::nullopt;
}

} // namespace

std::vector<host::Parameter> read_config(const std::filesystem::path& file) {
    std::vector<host::Parameter> parameters;
    for (const auto& [key, node] : parse(file)) {
        if (key.str().empty())
            refuse(file, node.source(), "a parameter has no name; write NAME = VALUE in TOML");
        auto value = value_of(node);
        if (!value)
            refuse(file, node.source(),
                   fmt::format("{} is no parameter value; write a string, an integer from 0 to 4294967295 or an array "
                               "of strings",
                               key.str()));
        parameters.push_back({std::string(key.str()), std::move(*value)});
    }
    return parameters;
}

} // namespace ndispool::tool
