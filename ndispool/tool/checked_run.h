// The checked door, introduced to the host: a driver that is run with this checker gets it.
//   Callers:   one run at a time in a process, from one thread.
//   Holds:     faults fail as the plan says from DriverEntry on. The findings of the host are left out where the checked door
//              has found the same.
//   Not here:  the sweep over all faults (sweep.h), what a report looks like (observe).
#pragma once

#include "ndispool/host/checker.h"
#include "ndispool/verify/faults.h"
#include "ndispool/verify/naming.h"

namespace ndispool::tool {

host::Frame frame_of(const verify::NamedFrame& named);

class CheckedRun final : public host::Checker {
  public:
    explicit CheckedRun(verify::FaultPlan plan = {});

    const nt::Export* form_of(std::string_view name, const nt::Export& plain) override;
    void loaded(const load::Image& image) override;
    void unloaded() override;
    void finish(bool whole, std::vector<host::PoolReport>& pools, std::vector<host::Finding>& findings) override;
    bool said() const override;

    // Instead of the end of a run that does not come: what it may be waiting for, as a finding without a rule.
    static host::Finding unfinished_business();

    // The calls that can fail, with named stacks; after the run.
    struct NamedCall {
        verify::FailableCall call;
        std::vector<host::Frame> frames;
    };
    const std::vector<NamedCall>& calls() const { return calls_; }

  private:
    verify::FaultPlan plan_;
    std::uint64_t began_ = 0;
    std::vector<NamedCall> calls_;
};

} // namespace ndispool::tool
