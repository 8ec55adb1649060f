// A network interface of this network namespace, known by its name: it may vanish and return as another one.
//   Callers:  any thread; each call asks the system anew.
//   Not here: what goes through it (tap.h, packet.h, xdp.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ndispool/wire/descriptor.h"
#include "ndispool/wire/spec.h"

struct ifreq;

namespace ndispool::wire {

struct Link {
    int index = 0; // the system's number: an interface that was made anew has another
    unsigned mtu = 0;
    bool up = false;
    bool operator==(const Link&) const = default;
};

class Interface {
  public:
    // Takes the name from the spec's argument. Throws Error when it cannot be a name.
    explicit Interface(const Spec& spec);

    const std::string& name() const { return name_; }
    std::optional<Link> look() const; // none: no such interface now
    bool bring_up() const;

    // Throws the Error that lists the interfaces there are.
    Link require(const Spec& spec) const;

    // An ioctl that is about this interface; false leaves errno.
    bool control(unsigned long request, ifreq& argument) const;

  private:
    std::string name_;
    Descriptor socket_;
};

// "lo, eth0": for a message.
std::string interface_names();

} // namespace ndispool::wire
