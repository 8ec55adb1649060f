// Apart from the rest because toml++ compiles slowly.
#include "ndispool/tool/parameters.h"
#include "ndispool/tool/problem.h"

#include <cstdint>
#include <limits>
#include <system_error>
#include <toml++/toml.h>

namespace ndispool::tool {

namespace {

constexpr char remedy[] = "; a parameter is NAME = \"string\", an integer from 0 to 4294967295, or a list of strings";

Problem at(const std::filesystem::path& file, const toml::source_region& source, const std::string& what) {
    return usage(file.string() + ":" + std::to_string(source.begin.line) + ": " + what);
}

std::vector<std::string> strings(const std::filesystem::path& file, const std::string& name, const toml::array& list) {
    std::vector<std::string> texts;
    for (const toml::node& node : list) {
        const auto text = node.value_exact<std::string>();
        if (!text)
            throw at(file, node.source(), name + " holds something that is not a string" + remedy);
        texts.push_back(*text);
    }
    return texts;
}

host::Parameter parameter(const std::filesystem::path& file, const std::string& name, const toml::node& node) {
    if (const auto text = node.value_exact<std::string>())
        return {name, *text};
    if (const auto number = node.value_exact<std::int64_t>();
        number && *number >= 0 && *number <= std::numeric_limits<std::uint32_t>::max())
        return {name, static_cast<std::uint32_t>(*number)};
    if (const toml::array* const list = node.as_array())
        return {name, strings(file, name, *list)};
    throw at(file, node.source(), name + " has a value of another kind" + remedy);
}

} // namespace

std::vector<host::Parameter> read_parameters(const std::filesystem::path& file) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error))
        throw usage(file.string() + ": there is no such file; --config takes a file of parameters");
    try {
        const toml::table table = toml::parse_file(file.string());
        std::vector<host::Parameter> parameters;
        for (const auto& [name, node] : table)
            parameters.push_back(parameter(file, std::string(name.str()), node));
        return parameters;
    } catch (const toml::parse_error& problem) {
        throw at(file, problem.source(), std::string(problem.description()) + "; the file is TOML: NAME = VALUE lines");
    }
}

} // namespace ndispool::tool
