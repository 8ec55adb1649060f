// What the searches share: a row of descriptors, and running a scenario on Model in one of three ways.
//   Holds:     a scenario is a rl::test_suite. It breaks nothing on the machine as it is, and something on one with a fault
//              that it is said to find; else the program fails, and shows the execution.
#pragma once

#include "ndispool/pool/model_machine.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>

namespace ndispool::pool {

inline constexpr std::uint32_t most_descriptors = 3;
alignas(64) inline std::byte row_memory[most_descriptors * 64];

inline detail::Row row_of(std::uint32_t count) {
    return {row_memory, 64, count};
}

// Written by who has the descriptor: two that have it at once, or one after the other without an order between them, are
// a race.
class Signatures {
  public:
    void sign(const void* descriptor, unsigned by) { at(descriptor)(RL_INFO) = by; }
    void expect(const void* descriptor, unsigned by) {
        const unsigned found = at(descriptor)(RL_INFO);
        RL_ASSERT(found == by);
    }

  private:
    rl::var<unsigned>& at(const void* descriptor) {
        const std::uint64_t index = row_of(most_descriptors).index_of(descriptor);
        RL_ASSERT(index < most_descriptors);
        return of_[index];
    }
    std::array<rl::var<unsigned>, most_descriptors> of_;
};

// A scenario of any type. Relacy's machine, which takes long to compile, is made for each number of threads, not for each
// scenario.
class Scene {
  public:
    virtual ~Scene() = default;
    virtual void before() = 0;
    virtual void thread(unsigned index) = 0;
    virtual void after() = 0;
};

template <class Scenario> class SceneOf final : public Scene {
    void before() override { scenario_.before(); }
    void thread(unsigned index) override { scenario_.thread(index); }
    void after() override { scenario_.after(); }
    Scenario scenario_;
};

// What `make` makes at the start of each execution, in memory of its own: Relacy has replaced operator new.
template <int count> struct AnyScenario : rl::test_suite<AnyScenario<count>, count> {
    static constexpr std::size_t most_bytes = 4096;
    inline static Scene& (*make)(void* memory);
    alignas(64) std::array<std::byte, most_bytes> memory;
    Scene& scene = make(memory.data());
    ~AnyScenario() { scene.~Scene(); }
    void before() { scene.before(); }
    void thread(unsigned index) { scene.thread(index); }
    void after() { scene.after(); }
};

class Searches {
  public:
    // So many times as many random executions; if more than 1, the bounded searches allow one switch more.
    explicit Searches(unsigned factor) : factor_(factor) {}

    // Every execution.
    template <class Scenario> void all(const char* name) {
        expect_success<Scenario, rl::full_search_scheduler>(name, "all", of(rl::sched_full));
    }
    // Every execution in which so often a thread that could go on is made to wait for others.
    template <class Scenario> void bounded(const char* name, unsigned switches) {
        rl::test_params params = of(rl::sched_bound);
        params.context_bound = switches + (factor_ > 1 ? 1 : 0);
        expect_success<Scenario, rl::context_bound_scheduler>(name, "bounded", params);
    }
    // So many, at random; they are the same each time.
    template <class Scenario> void random(const char* name, unsigned executions) {
        rl::test_params params = of(rl::sched_random);
        params.iteration_count = rl::iteration_t{factor_} * executions;
        expect_success<Scenario, rl::random_scheduler>(name, "random", params);
    }
    // Among those of bounded(name, 2) one breaks something.
    template <class Scenario> void finds(Fault planted, const char* fault_name, const char* name) {
        fault = planted;
        rl::test_params params = of(rl::sched_bound);
        params.context_bound = 2;
        run<Scenario, rl::context_bound_scheduler>(params);
        fault = Fault::none;
        const bool found = params.test_result != rl::test_result_success;
        std::printf("%-20s %-16s %10llu executions: %s\n", name, fault_name, count(params),
                    rl::test_result_str(params.test_result));
        failures_ += !found;
        if (!found)
            std::fprintf(stderr, "%s does not find %s\n", name, fault_name);
    }

    [[nodiscard]] int exit_code() const { return failures_ == 0 ? 0 : 1; }

  private:
    static rl::test_params of(rl::scheduler_type_e type) {
        rl::test_params params;
        params.search_type = type;
        return params;
    }

    template <class Scenario, template <rl::thread_id_t> class Scheduler>
    static void run(rl::test_params& params, rl::ostringstream& state, bool again) {
        constexpr int count = Scenario::params::thread_count;
        static_assert(sizeof(SceneOf<Scenario>) <= AnyScenario<count>::most_bytes);
        AnyScenario<count>::make = [](void* memory) -> Scene& { return *new (memory) SceneOf<Scenario>; };
        rl::run_test<AnyScenario<count>, Scheduler<count>>(params, state, again);
    }

    template <class Scenario, template <rl::thread_id_t> class Scheduler> static void run(rl::test_params& params) {
        rl::ostringstream silence, state; // not the standard's: Relacy takes the memory of its runs for its own
        params.output_stream = params.progress_stream = &silence;
        run<Scenario, Scheduler>(params, state, false);
        params.final_state = state.str();
    }

    template <class Scenario, template <rl::thread_id_t> class Scheduler>
    void expect_success(const char* name, const char* how, rl::test_params params) {
        const std::clock_t start = std::clock();
        run<Scenario, Scheduler>(params);
        std::printf("%-20s %-16s %10llu executions: %s, %.1f s\n", name, how, count(params),
                    rl::test_result_str(params.test_result),
                    static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
        std::fflush(stdout);
        if (params.test_result == rl::test_result_success)
            return;
        ++failures_;
        params.initial_state = params.final_state;
        params.collect_history = true;
        rl::ostringstream state;
        params.output_stream = params.progress_stream = &std::cerr;
        run<Scenario, Scheduler>(params, state, true);
    }

    static unsigned long long count(const rl::test_params& params) { return params.stop_iteration; }

    const unsigned factor_;
    int failures_ = 0;
};

// Their only argument, a factor (see Searches), or 1.
inline unsigned factor_of(int count, char** arguments) {
    return count > 1 ? static_cast<unsigned>(std::max(1, std::atoi(arguments[1]))) : 1;
}

} // namespace ndispool::pool
