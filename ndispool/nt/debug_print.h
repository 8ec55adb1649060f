// What drivers print. The kernel's formats differ from C's: l is 32 bits, there are counted and 16-bit strings.
//   Callers:   any thread, any IRQL.
//   Holds:     a format that cannot be understood is copied as it stands; nothing is read for it.
//   Not here:  where the text goes in a run; whoever wants it sets the sink.
#pragma once

#include <cstdarg>
#include <cstdint>
#include <string>
#include <string_view>

#include "ndispool/nt/door.h"

namespace ndispool::nt {

// The arguments behind a format, in either calling convention.
class FormatArguments {
  public:
    virtual ~FormatArguments() = default;
    virtual std::uint64_t next(bool is_64_bit) = 0; // a 32-bit argument's upper half is undefined
};

class SystemVArguments final : public FormatArguments {
  public:
    explicit SystemVArguments(std::va_list list) { va_copy(list_, list); }
    ~SystemVArguments() override { va_end(list_); }
    SystemVArguments(const SystemVArguments&) = delete;
    SystemVArguments& operator=(const SystemVArguments&) = delete;
    std::uint64_t next(bool is_64_bit) override {
        return is_64_bit ? va_arg(list_, std::uint64_t) : va_arg(list_, std::uint32_t);
    }

  private:
    std::va_list list_;
};

class MicrosoftArguments final : public FormatArguments {
  public:
    explicit MicrosoftArguments(__builtin_ms_va_list list) : arguments_(list) {}
    std::uint64_t next(bool) override { return arguments_.next(); }

  private:
    VariadicArguments arguments_;
};

// What %s and %c are; %S and %C are the other.
enum class Strings : std::uint8_t { narrow, wide };

std::string format(std::string_view pattern, FormatArguments& arguments, Strings strings = Strings::narrow);

// One call with each message of DbgPrint and RtlAssert, as the driver wrote it. Null is the default: one write to
// standard error. Returns the sink before.
using DebugSink = void (*)(std::string_view message);
DebugSink set_debug_sink(DebugSink sink) noexcept;
void debug_print(std::string_view message);

// The Microsoft sides of the variadic exports.
__attribute__((ms_abi)) std::uint32_t DbgPrint_microsoft(const char* format, ...);
__attribute__((ms_abi)) std::uint32_t DbgPrintEx_microsoft(std::uint32_t component, std::uint32_t level,
                                                           const char* format, ...);

} // namespace ndispool::nt
