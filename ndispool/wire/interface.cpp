#include "ndispool/wire/interface.h"

#include <cstring>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "ndispool/wire/refusal.h"
#include "ndispool/wire/wire.h"

namespace ndispool::wire {

namespace {

void require_name(const Spec& spec) {
    const std::string_view name = spec.argument;
    // What the kernel takes for a name (dev_valid_name), and no control character, which nobody means.
    const bool letters = name.find_first_of("/: \t\n\v\f\r%") == std::string_view::npos;
    if (name.empty() || name.size() >= IFNAMSIZ || name == "." || name == ".." || !letters)
        throw Error(
            Error::Kind::usage_or_file,
            spec.message("the name of an interface has 1 to 15 letters and no space, '/', ':' or '%'; for example " +
                         std::string(spec.scheme) + ":eth0"));
}

} // namespace

Interface::Interface(const Spec& spec) : name_(spec.argument) {
    require_name(spec);
    socket_ = Descriptor(must(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), spec, "socket(AF_UNIX)"));
}

bool Interface::control(unsigned long request, ifreq& argument) const {
    std::memcpy(argument.ifr_name, name_.c_str(), name_.size() + 1);
    return ::ioctl(socket_.get(), request, &argument) == 0;
}

std::optional<Link> Interface::look() const {
    ifreq index{}, mtu{}, flags{};
    if (!control(SIOCGIFINDEX, index) || !control(SIOCGIFMTU, mtu) || !control(SIOCGIFFLAGS, flags))
        return {};
    return Link{
        .index = index.ifr_ifindex, .mtu = static_cast<unsigned>(mtu.ifr_mtu), .up = (flags.ifr_flags & IFF_UP) != 0};
}

bool Interface::bring_up() const {
    ifreq flags{};
    if (!control(SIOCGIFFLAGS, flags))
        return false;
    flags.ifr_flags = static_cast<short>(flags.ifr_flags | IFF_UP);
    return control(SIOCSIFFLAGS, flags);
}

Link Interface::require(const Spec& spec) const {
    if (const auto link = look())
        return *link;
    throw Error(Error::Kind::usage_or_file,
                spec.message("there is no interface " + name_ + "; there are " + interface_names()));
}

std::string interface_names() {
    std::string names;
    struct if_nameindex* const all = ::if_nameindex();
    for (const struct if_nameindex* one = all; one && one->if_index != 0; ++one)
        names += (names.empty() ? "" : ", ") + std::string(one->if_name);
    if (all)
        ::if_freenameindex(all);
    return names.empty() ? "none" : names;
}

} // namespace ndispool::wire
