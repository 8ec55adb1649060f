#include "ndispool/nt/debug_print.h"

#include <algorithm>
#include <atomic>
#include <optional>

#include <unistd.h>

#include "ndis/debug.h"
#include "ndis/status.h"
#include "ndispool/nt/text.h"

namespace ndispool::nt {
namespace {

struct Specification {
    bool left = false, plus = false, space = false, alternate = false, zero = false;
    std::size_t width = 0;
    std::optional<std::size_t> precision;
    enum class Size { plain, half, wide, is_64_bit } size = Size::plain;
    char conversion = 0;
};

// Reads one specification behind its '%'.
class Reader {
  public:
    Reader(std::string_view rest, FormatArguments& arguments) : rest_(rest), arguments_(arguments) {}

    std::string_view rest() const { return rest_; }

    // None: there is no such specification.
    std::optional<Specification> read() {
        Specification spec;
        while (read_flag(spec)) {
        }
        spec.width = read_width(spec);
        if (take("."))
            spec.precision = read_precision();
        read_size(spec);
        if (rest_.empty() || std::string_view("diuxXopcCsSZ").find(rest_.front()) == std::string_view::npos)
            return std::nullopt;
        spec.conversion = rest_.front();
        rest_.remove_prefix(1);
        return spec;
    }

  private:
    static constexpr std::size_t widest = 512; // the kernel's messages are no longer

    bool take(std::string_view word) {
        if (!rest_.starts_with(word))
            return false;
        rest_.remove_prefix(word.size());
        return true;
    }

    bool read_flag(Specification& spec) {
        if (take("-"))
            return spec.left = true;
        if (take("+"))
            return spec.plus = true;
        if (take(" "))
            return spec.space = true;
        if (take("#"))
            return spec.alternate = true;
        return take("0") && (spec.zero = true);
    }

    std::size_t read_number() {
        std::size_t number = 0;
        for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; rest_.remove_prefix(1))
            number = std::min(widest, number * 10 + static_cast<std::size_t>(rest_.front() - '0'));
        return number;
    }

    std::size_t read_width(Specification& spec) {
        if (!take("*"))
            return read_number();
        const std::int64_t width = static_cast<std::int32_t>(arguments_.next(false));
        spec.left = spec.left || width < 0;
        return std::min(widest, static_cast<std::size_t>(width < 0 ? -width : width));
    }

    std::optional<std::size_t> read_precision() {
        if (!take("*"))
            return read_number();
        const auto precision = static_cast<std::int32_t>(arguments_.next(false));
        return precision < 0 ? std::nullopt : std::optional(std::min(widest, static_cast<std::size_t>(precision)));
    }

    void read_size(Specification& spec) {
        using enum Specification::Size;
        if (take("I32"))
            spec.size = plain;
        else if (take("I64") || take("I") || take("ll") || take("j") || take("z") || take("t"))
            spec.size = is_64_bit;
        else if (take("l") || take("w"))
            spec.size = wide;
        else if (take("hh") || take("h"))
            spec.size = half;
    }

    std::string_view rest_;
    FormatArguments& arguments_;
};

std::string digits(std::uint64_t value, unsigned base, bool capitals) {
    std::string text;
    for (; value != 0; value /= base)
        text += (capitals ? "0123456789ABCDEF" : "0123456789abcdef")[value % base];
    std::ranges::reverse(text);
    return text;
}

std::string pad(const Specification& spec, std::string text) {
    if (text.size() < spec.width)
        text.insert(spec.left ? text.size() : 0, spec.width - text.size(), ' ');
    return text;
}

std::string number(const Specification& spec, const std::string& prefix, std::string text) {
    const std::size_t least = spec.precision.value_or(1);
    const bool fill = spec.zero && !spec.left && !spec.precision && spec.width > prefix.size();
    const std::size_t wanted = std::max(least, fill ? spec.width - prefix.size() : 0);
    if (text.size() < wanted)
        text.insert(0, wanted - text.size(), '0');
    return pad(spec, prefix + text);
}

std::string signed_number(const Specification& spec, std::uint64_t raw) {
    const std::int64_t value = spec.size == Specification::Size::is_64_bit ? static_cast<std::int64_t>(raw)
                               : spec.size == Specification::Size::half    ? static_cast<std::int16_t>(raw)
                                                                           : static_cast<std::int32_t>(raw);
    const char* const sign = value < 0 ? "-" : spec.plus ? "+" : spec.space ? " " : "";
    const auto magnitude = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    return number(spec, sign, digits(magnitude, 10, false));
}

std::string unsigned_number(const Specification& spec, std::uint64_t raw) {
    const std::uint64_t value = spec.size == Specification::Size::is_64_bit ? raw
                                : spec.size == Specification::Size::half    ? static_cast<std::uint16_t>(raw)
                                                                            : static_cast<std::uint32_t>(raw);
    const bool hex = spec.conversion == 'x' || spec.conversion == 'X';
    const std::string prefix = !spec.alternate || value == 0 ? "" : hex ? "0x" : spec.conversion == 'o' ? "0" : "";
    return number(spec, prefix, digits(value, hex ? 16 : spec.conversion == 'o' ? 8 : 10, spec.conversion == 'X'));
}

std::string pointer(const Specification& spec, std::uint64_t raw) {
    Specification full = spec;
    full.precision = 16;
    return number(full, "", digits(raw, 16, true));
}

// As many characters as the precision allows, and none behind the terminator.
template <class Character>
std::basic_string_view<Character> terminated(const Character* text, std::optional<std::size_t> most) {
    std::size_t length = 0;
    while (length < most.value_or(SIZE_MAX) && text[length] != 0)
        ++length;
    return {text, length};
}

std::string zero_terminated(const Specification& spec, bool wide, std::uint64_t raw) {
    if (raw == 0)
        return pad(spec, "(null)");
    if (wide)
        return pad(spec, to_utf8(terminated(reinterpret_cast<const char16_t*>(raw), spec.precision)));
    return pad(spec, std::string(terminated(reinterpret_cast<const char*>(raw), spec.precision)));
}

std::string counted_string(const Specification& spec, std::uint64_t raw) {
    if (raw == 0)
        return pad(spec, "(null)");
    if (spec.size == Specification::Size::wide)
        return pad(
            spec,
            to_utf8(view(*reinterpret_cast<const UNICODE_STRING*>(raw)).substr(0, spec.precision.value_or(SIZE_MAX))));
    const auto& ansi = *reinterpret_cast<const STRING*>(raw);
    return pad(spec,
               ansi.Buffer == nullptr
                   ? ""
                   : std::string(ansi.Buffer, std::min<std::size_t>(ansi.Length, spec.precision.value_or(SIZE_MAX))));
}

std::string character(const Specification& spec, bool wide, std::uint64_t raw) {
    if (!wide)
        return pad(spec, std::string(1, static_cast<char>(raw)));
    const auto unit = static_cast<char16_t>(raw);
    return pad(spec, to_utf8({&unit, 1}));
}

// %S and %C are of the other width than %s and %c, unless the size says which.
bool is_wide(const Specification& spec, Strings strings) {
    using enum Specification::Size;
    const bool other = spec.conversion == 'S' || spec.conversion == 'C';
    return spec.size == wide || (spec.size != half && other != (strings == Strings::wide));
}

std::string convert(const Specification& spec, FormatArguments& arguments, Strings strings) {
    const bool is_64_bit = spec.size == Specification::Size::is_64_bit;
    switch (spec.conversion) {
    case 'd':
    case 'i':
        return signed_number(spec, arguments.next(is_64_bit));
    case 'c':
    case 'C':
        return character(spec, is_wide(spec, strings), arguments.next(false));
    case 's':
    case 'S':
        return zero_terminated(spec, is_wide(spec, strings), arguments.next(true));
    case 'Z':
        return counted_string(spec, arguments.next(true));
    case 'p':
        return pointer(spec, arguments.next(true));
    default:
        return unsigned_number(spec, arguments.next(is_64_bit));
    }
}

void to_standard_error(std::string_view message) {
    while (!message.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, message.data(), message.size());
        if (written <= 0)
            return;
        message.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::atomic<DebugSink> debug_sink = to_standard_error;

ULONG print(const char* pattern, FormatArguments&& arguments) {
    debug_print(format(pattern, arguments));
    return STATUS_SUCCESS;
}

} // namespace

std::string format(std::string_view pattern, FormatArguments& arguments, Strings strings) {
    std::string out;
    for (;;) {
        const std::size_t percent = pattern.find('%');
        out += pattern.substr(0, percent);
        if (percent == std::string_view::npos)
            return out;
        pattern.remove_prefix(percent + 1);
        Reader reader(pattern, arguments);
        if (pattern.starts_with('%')) {
            out += '%';
            pattern.remove_prefix(1);
        } else if (const auto spec = reader.read()) {
            out += convert(*spec, arguments, strings);
            pattern = reader.rest();
        } else {
            out += '%';
        }
    }
}

DebugSink set_debug_sink(DebugSink sink) noexcept {
    return debug_sink.exchange(sink != nullptr ? sink : to_standard_error, std::memory_order_acq_rel);
}

void debug_print(std::string_view message) {
    debug_sink.load(std::memory_order_acquire)(message);
}

std::uint32_t DbgPrint_microsoft(const char* pattern, ...) {
    __builtin_ms_va_list list;
    __builtin_ms_va_start(list, pattern);
    const ULONG status = print(pattern, MicrosoftArguments(list));
    __builtin_ms_va_end(list);
    return status;
}

std::uint32_t DbgPrintEx_microsoft(std::uint32_t, std::uint32_t, const char* pattern, ...) {
    __builtin_ms_va_list list;
    __builtin_ms_va_start(list, pattern);
    const ULONG status = print(pattern, MicrosoftArguments(list));
    __builtin_ms_va_end(list);
    return status;
}

} // namespace ndispool::nt

using namespace ndispool::nt;

extern "C" {

ULONG DbgPrint(PCSZ Format, ...) {
    std::va_list list;
    va_start(list, Format);
    const ULONG status = print(Format, SystemVArguments(list));
    va_end(list);
    return status;
}

ULONG DbgPrintEx(ULONG, ULONG, PCSZ Format, ...) {
    std::va_list list;
    va_start(list, Format);
    const ULONG status = print(Format, SystemVArguments(list));
    va_end(list);
    return status;
}

void RtlAssert(PVOID FailedAssertion, PVOID FileName, ULONG LineNumber, PCHAR Message) {
    debug_print("ASSERT failed: " + (Message == nullptr ? "" : Message + std::string(": ")) +
                static_cast<const char*>(FailedAssertion) + " at " + static_cast<const char*>(FileName) + ":" +
                std::to_string(LineNumber) + "\n");
}

} // extern "C"
