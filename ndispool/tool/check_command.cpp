#include "ndispool/tool/check_command.h"

#include "ndispool/observe/progress_bar.h"
#include "ndispool/tool/driver_setup.h"
#include "ndispool/tool/publish.h"
#include "ndispool/tool/say.h"
#include "ndispool/tool/shell_words.h"
#include "ndispool/tool/stop_signals.h"
#include "ndispool/tool/sweep.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fmt/format.h>
#include <set>
#include <thread>
#include <unistd.h>

namespace ndispool::tool {

namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point began) {
    return std::chrono::duration<double>(Clock::now() - began).count();
}

// Wires with something behind them that two processes cannot both have.
bool is_exclusive(const std::string& wire) {
    return wire.starts_with("tap:") || wire.starts_with("packet:") || wire.starts_with("xdp:");
}

// A run on wires that have no end ends all the same.
void limit_endless(host::Setup& setup) {
    constexpr std::uint64_t frames = 1000;
    constexpr double seconds = 2;
    for (const std::string& wire : host::wire_specs(setup)) {
        if (wire.starts_with("null:"))
            setup.count = frames;
        if (is_exclusive(wire))
            setup.duration_seconds = seconds;
    }
}

class Check {
  public:
    explicit Check(CheckOptions& options)
        : options_(options), choice_(parse_faults(options.faults)), names_(options.run.setup.driver),
          bar_(STDERR_FILENO, observe::progress_wanted(STDERR_FILENO, options.run.report.quiet)) {
        limits_.seconds = options.case_seconds + options.run.setup.duration_seconds.value_or(0);
        limits_.memory_mib = options.memory_mib;
        report_.swept = true;
        report_.shard = options.shard.number;
        report_.shards = options.shard.of;
        report_.repeat = options.words + " --faults none";
    }

    // True: the whole check was made. False: Ctrl-C.
    bool make();
    const observe::CheckReport& report() const { return report_; }

  private:
    CaseRun first_run() const;
    CaseRun later_run() const;
    bool take_first(const ChildEnding& ending);
    void take_calls(const CaseResult& result);
    bool run_sweep(const std::vector<PlannedCase>& cases);
    bool stopped() const { return signals_.flag().load(std::memory_order_relaxed); }
    unsigned jobs() const;

    CheckOptions& options_;
    const FaultChoice choice_;
    const DriverNames names_;
    observe::ProgressBar bar_;
    const StopSignals signals_;
    ChildLimits limits_;
    observe::CheckReport report_;
    std::vector<SeenCall> calls_;
    const Clock::time_point began_ = Clock::now();
};

CaseRun Check::first_run() const {
    CaseRun run;
    run.setup = options_.run.setup;
    if (!options_.count_given)
        limit_endless(run.setup);
    run.generated_below = !options_.below_given;
    run.generated_above = !options_.above_given;
    return run;
}

// A file that the first run wrote is not written again by every other one.
CaseRun Check::later_run() const {
    CaseRun run = first_run();
    const auto forget_record = [](std::string& wire) {
        if (wire.starts_with("record:"))
            wire = "null";
    };
    forget_record(run.setup.below);
    forget_record(run.setup.above);
    std::ranges::for_each(run.setup.more_below, forget_record);
    std::ranges::for_each(run.setup.more_above, forget_record);
    return run;
}

unsigned Check::jobs() const {
    const host::Setup& setup = options_.run.setup;
    if (std::ranges::any_of(host::wire_specs(setup), is_exclusive))
        return 1;
    return options_.jobs.value_or(std::max(1u, std::thread::hardware_concurrency()));
}

void Check::take_calls(const CaseResult& result) {
    calls_ = result.seen;
    report_.failable_calls = result.calls;
    std::set<std::uint64_t> stacks;
    for (const SeenCall& call : calls_)
        stacks.insert(call.stack);
    report_.failable_stacks = stacks.size();
}

// False: there is nothing to sweep, because the driver does not get through a run in which nothing fails.
bool Check::take_first(const ChildEnding& ending) {
    if (ending.how == ChildEnding::How::returned)
        if (auto result = parse_case_result(ending.result)) {
            if (!result->trouble.empty() && result->lacking)
                throw LackError(result->trouble);
            if (!result->trouble.empty() || (!result->refusal.empty() && result->report.findings.empty()))
                throw UsageError(result->trouble + result->refusal);
            if (!result->refusal.empty())
                say(result->refusal);
            if (result->hung)
                complete_hang(result->report, ending, names_, limits_);
            report_.run = result->report;
            take_calls(*result);
            return !result->crashed && !result->hung && result->refusal.empty();
        }
    report_.run.driver = options_.run.setup.driver.stem().string();
    report_.run.seed = options_.run.setup.seed;
    report_.run.processors = options_.run.setup.processors;
    report_.run.findings = {finding_of(ending, names_, limits_)};
    return false;
}

bool Check::run_sweep(const std::vector<PlannedCase>& cases) {
    const SweepSetup setup{later_run(), options_.words, jobs(), limits_, report_.run, names_};
    report_.cases = sweep(setup, cases, [&](std::size_t done, std::size_t failed) {
        bar_.show_line(fmt::format("  {} of {} runs  {} failed  {:.0f} s", done, cases.size(), failed, since(began_)));
        return !stopped();
    });
    bar_.erase();
    return report_.cases.size() == cases.size();
}

bool Check::make() {
    bar_.show_line("  first run");
    ChildProcess first([run = first_run()] { return run_case(run); }, limits_);
    std::optional<ChildEnding> ending;
    while (!(ending = first.poll())) {
        if (stopped())
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    bar_.erase();
    bool whole = true;
    if (!take_first(*ending)) {
        if (choice_.kind != FaultChoice::Kind::none)
            say("the driver does not get through a run in which nothing fails, so there was no fault sweep; mend what "
                "is "
                "found and check again");
    } else {
        const std::optional<std::uint64_t> seed =
            options_.seed_given ? std::optional(options_.run.setup.seed) : std::nullopt;
        whole = run_sweep(plan(calls_, report_.failable_calls, choice_, seed, options_.shard));
    }
    report_.seconds = since(began_);
    return whole;
}

} // namespace

ExitCode check(CheckOptions options) {
    complete(options.run);
    const Publisher publisher(options.run);
    Check work(options);
    if (!work.make()) {
        say("ended by a signal; the report is not complete and was not written");
        return static_cast<ExitCode>(128 + SIGINT);
    }
    return publisher.publish(work.report());
}

} // namespace ndispool::tool
