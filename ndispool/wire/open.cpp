#include <algorithm>
#include <array>
#include <filesystem>
#include <net/if.h>

#include "ndispool/wire/lossy.h"
#include "ndispool/wire/null.h"
#include "ndispool/wire/packet.h"
#include "ndispool/wire/record.h"
#include "ndispool/wire/replay.h"
#include "ndispool/wire/spec.h"
#include "ndispool/wire/spelling.h"
#include "ndispool/wire/tap.h"
#include "ndispool/wire/wire.h"
#include "ndispool/wire/xdp.h"

namespace ndispool::wire {

namespace {

struct Scheme {
    std::string_view name;
    std::unique_ptr<Wire> (*open)(const Spec&, const Options&);
};

constexpr auto schemes = std::to_array<Scheme>({{"replay", open_replay},
                                                {"record", open_record},
                                                {"null", open_null},
                                                {"tap", open_tap},
                                                {"packet", open_packet},
                                                {"xdp", open_xdp},
                                                {"lossy", open_lossy}});

// What the user most likely meant; empty when nobody can tell.
std::string guess(const Spec& spec) {
    std::array<std::string_view, schemes.size()> names;
    std::transform(schemes.begin(), schemes.end(), names.begin(), [](const Scheme& scheme) { return scheme.name; });
    const std::string_view near = nearest(spec.scheme, names);
    if (!near.empty())
        return std::string(near) + std::string(spec.text.substr(spec.scheme.size()));
    std::error_code ignored;
    if (std::filesystem::exists(std::string(spec.text), ignored))
        return "replay:" + std::string(spec.text);
    const std::string name(spec.text);
    return ::if_nametoindex(name.c_str()) != 0 ? "packet:" + name : std::string();
}

[[noreturn]] void refuse(const Spec& spec) {
    const std::string meant = guess(spec);
    throw Error(Error::Kind::usage_or_file,
                spec.message("no such wire; " + (meant.empty() ? "there" : "did you mean " + meant + "? There") +
                             " are replay:FILE, record:FILE, null, null:BYTES, tap:NAME, packet:IFACE, xdp:IFACE "
                             "and lossy:WHAT:WIRE"));
}

} // namespace

std::unique_ptr<Wire> open(std::string_view text, const Options& options) {
    const Spec spec(text);
    const auto scheme =
        std::find_if(schemes.begin(), schemes.end(), [&](const Scheme& known) { return known.name == spec.scheme; });
    if (scheme == schemes.end())
        refuse(spec);
    return scheme->open(spec, options);
}

} // namespace ndispool::wire
