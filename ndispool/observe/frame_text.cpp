#include "ndispool/observe/frame_text.h"

#include "ndispool/observe/utf8.h"

#include <fmt/format.h>

namespace ndispool::observe {

std::string frame_text(const host::Frame& frame, std::size_t number) {
    std::string text = fmt::format("    #{} {:#x}", number, frame.address);
    if (!frame.function.empty())
        text += fmt::format(" in {}+{:#x}", printable(frame.function), frame.offset);
    if (!frame.file.empty())
        text += fmt::format(" {}:{}", printable(frame.file), frame.line);
    else if (!frame.module.empty() && frame.function.empty())
        text += fmt::format(" ({}+{:#x})", printable(frame.module), frame.offset);
    else if (!frame.module.empty())
        text += fmt::format(" ({})", printable(frame.module));
    return text;
}

std::string function_of(const host::Frame& frame) {
    return frame.function.empty() ? fmt::format("{}!{:#x}", frame.module, frame.offset)
                                  : fmt::format("{}!{}", frame.module, frame.function);
}

std::string_view without_offset(std::string_view where) {
    const std::size_t plus = where.rfind("+0x");
    return where.substr(0, plus);
}

std::string site_text(const host::Site& site) {
    std::string text = fmt::format("{}, processor {}, IRQL {}", printable(site.what), site.processor, site.irql);
    if (site.time_100ns != 0) // 0: not known
        text += fmt::format(", {:.6f} seconds", static_cast<double>(site.time_100ns) / 1e7);
    return text;
}

} // namespace ndispool::observe
