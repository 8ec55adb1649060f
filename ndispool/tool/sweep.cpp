#include "ndispool/tool/sweep.h"

#include "ndispool/tool/shell_words.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

namespace ndispool::tool {

namespace {

struct Running {
    std::size_t number = 0;
    std::unique_ptr<ChildProcess> process;
};

class Sweep {
  public:
    Sweep(const SweepSetup& setup, const std::vector<PlannedCase>& cases)
        : setup_(setup), cases_(cases), reports_(cases.size()), done_(cases.size()) {}

    bool finished() const { return next_ == cases_.size() && running_.empty(); }
    void start_more() {
        while (running_.size() < setup_.jobs && next_ < cases_.size()) {
            CaseRun run = setup_.run;
            run.faults = cases_[next_].faults;
            running_.push_back({next_, std::make_unique<ChildProcess>([run] { return run_case(run); }, setup_.limits)});
            ++next_;
        }
    }
    // True when a run has ended.
    bool collect() {
        return std::erase_if(running_, [&](Running& run) {
                   const auto ending = run.process->poll();
                   if (ending)
                       take(run.number, *ending);
                   return ending.has_value();
               }) > 0;
    }
    std::size_t done() const { return static_cast<std::size_t>(std::count(done_.begin(), done_.end(), true)); }
    std::size_t failed() const { return failed_; }
    std::vector<observe::CaseReport> reports() {
        std::vector<observe::CaseReport> done;
        for (std::size_t i = 0; i < reports_.size(); ++i)
            if (done_[i])
                done.push_back(std::move(reports_[i]));
        return done;
    }

  private:
    void take(std::size_t number, const ChildEnding& ending) {
        observe::CaseReport& report = reports_[number];
        report.name = cases_[number].name;
        report.repeat = setup_.words + " --faults " + shell_word(cases_[number].selector);
        judge(report, ending, setup_.first, setup_.names, setup_.limits);
        failed_ += report.outcome != observe::Outcome::passed;
        done_[number] = true;
    }

    const SweepSetup& setup_;
    const std::vector<PlannedCase>& cases_;
    std::vector<observe::CaseReport> reports_; // by number
    std::vector<bool> done_;
    std::vector<Running> running_;
    std::size_t next_ = 0, failed_ = 0;
};

} // namespace

std::vector<observe::CaseReport> sweep(const SweepSetup& setup, const std::vector<PlannedCase>& cases,
                                       const SweepProgress& progress) {
    constexpr auto pause = std::chrono::milliseconds(2);
    constexpr unsigned pauses_for_progress = 50;
    Sweep work(setup, cases);
    for (unsigned pauses = 0; !work.finished(); ++pauses) {
        work.start_more();
        const bool news = work.collect();
        if ((news || pauses % pauses_for_progress == 0) && !progress(work.done(), work.failed()))
            break;
        if (!news)
            std::this_thread::sleep_for(pause);
    }
    return work.reports();
}

} // namespace ndispool::tool
