// Switches off what an interface does to frames it receives (merging them, taking VLAN tags out of them), as long as it lives.
//   Callers:  one thread.
//   Holds:    only features that were on are switched off, and only these are switched on again. Where the system refuses
//             (no CAP_NET_ADMIN, a fixed feature) the feature stays as it is; nothing is lost by that for packet:, which
//             undoes both in each frame.
#pragma once

#include <string>
#include <vector>

#include "ndispool/wire/interface.h"

namespace ndispool::wire {

class OffloadGuard {
  public:
    explicit OffloadGuard(const Interface& interface);
    ~OffloadGuard();
    OffloadGuard(const OffloadGuard&) = delete;
    OffloadGuard& operator=(const OffloadGuard&) = delete;

    // Names of the features that are off because of it, as `ethtool -k` shows them in its long form.
    const std::vector<std::string>& switched_off() const { return off_; }

  private:
    const Interface& interface_;
    const int index_;               // the interface as it was: one made anew is left alone
    std::vector<unsigned> numbers_; // of the features in off_
    std::vector<std::string> off_;
};

} // namespace ndispool::wire
