// The seam to a checked door: who gives a driver other forms of its imports, and looks on while it runs.
//   Callers:   the run, from its own thread; form_of() also while an adapter starts or a binding opens; said() from any thread.
//   Not here:  what is checked (verify); this room knows only that somebody may be there.
#pragma once

#include "ndispool/host/report.h"
#include "ndispool/load/image.h"
#include "ndispool/nt/door.h"

#include <string_view>
#include <vector>

namespace ndispool::host {

class Checker {
  public:
    virtual ~Checker() = default;

    // The form the driver under test gets; null: the plain one. Functions of miniport and open blocks that are no exports have
    // names too: block_send, block_transfer, block_request, block_reset, block_indicate.
    virtual const nt::Export* form_of(std::string_view name, const nt::Export& plain) = 0;

    virtual void loaded(const load::Image& image) = 0; // mapped and bound; DriverEntry comes next
    virtual void unloaded() = 0;                       // its unload routine has returned
    // The driver is still mapped. `whole`: it was unloaded, and what it left behind counts.
    virtual void finish(bool whole, std::vector<PoolReport>& pools, std::vector<Finding>& findings) = 0;

    // The driver's call that runs on this thread was reported by the checker: what the host has to say about it is not said too.
    virtual bool said() const = 0;
};

// Null: none. Set while no driver is loaded.
void set_checker(Checker* checker);
Checker* checker();

} // namespace ndispool::host
