// One line on a terminal that says how far a run is; gone when the run is over.
//   Callers:   one thread.
//   Holds:     writes to the terminal only when it is one, and nothing else writes there between show() and erase().
#pragma once

#include "ndispool/host/report.h"

#include <cstddef>
#include <string>

namespace ndispool::observe {

// A terminal that can erase a line, a person who wants it, and no continuous-integration job.
bool progress_wanted(int descriptor, bool quiet);

// "  62781 of 100000 packets  510398/s  3.2 s  about 0.1 s left", at most `columns` wide. `rate`: packets per second.
std::string progress_line(const host::Progress& now, double rate, std::size_t columns);

class ProgressBar {
  public:
    ProgressBar(int descriptor, bool wanted) : descriptor_(descriptor), wanted_(wanted) {}
    ~ProgressBar() { erase(); }
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    void show(const host::Progress& now);
    void show_line(const std::string& line); // cut to the terminal's width
    void erase();

  private:
    void put(const std::string& text) const;

    const int descriptor_;
    const bool wanted_;
    bool shown_ = false;
    host::Progress before_; // the rate is that of the time since then
};

} // namespace ndispool::observe
