#include "ndispool/tool/number.h"

#include "ndispool/tool/exit_code.h"

#include <charconv>
#include <fmt/format.h>
#include <optional>

namespace ndispool::tool {

namespace {

constexpr double most_seconds = 1e9;

template <class Number> std::optional<Number> read(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

} // namespace

std::uint64_t whole_number(std::string_view option, std::string_view text, std::uint64_t least, std::uint64_t most) {
    const auto number = read<std::uint64_t>(text);
    if (!number || *number < least || *number > most)
        throw UsageError(fmt::format("{}: '{}' is not a whole number from {} to {}", option, text, least, most));
    return *number;
}

double seconds(std::string_view option, std::string_view text) {
    const auto number = read<double>(text);
    if (!number || !(*number > 0) || !(*number <= most_seconds)) // written so that NaN is refused
        throw UsageError(fmt::format("{}: '{}' is not a number of seconds greater than 0 and at most {:.0f}", option,
                                     text, most_seconds));
    return *number;
}

} // namespace ndispool::tool
