// ndispool's pool against its peers: all do the same work in turn, round after round, in one process.
//
//   peers_bench [--rounds N] [--json FILE] [--only TEXT]    TEXT: the works whose name it is in
//
// Prints a table: of each work and contender the median over the rounds, its spread, and its ratio to the peer that the work is
// measured against. Linked with libndispool.so: the packet functions are reached as a program reaches them. Exit code 3: DPDK or
// an allocator cannot be started here.
#include "bench/peers/contender.h"
#include "bench/peers/ndis_packets.h"
#include "bench/peers/peers.h"
#include "bench/peers/rounds.h"
#include "bench/peers/work.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <unistd.h>

namespace ndispool::bench {
namespace {

constexpr unsigned capacity = 4096;
constexpr std::size_t pairs_a_round = 400'000;

struct Entry {
    std::string contender;
    std::function<double()> measure;
    std::shared_ptr<Tight> tight = nullptr; // of the last round, where the work counts refusals
    Rounds nanoseconds{};
    Rounds refused{};

    void round() {
        nanoseconds.add(measure());
        if (tight)
            refused.add(tight->refused);
    }
};

struct Work {
    std::string name;
    std::string against; // the contender whose median is 1
    double target;       // the first contender's ratio is to be at most that
    std::vector<Entry> entries;

    [[nodiscard]] double base() const {
        for (const Entry& entry : entries)
            if (entry.contender == against)
                return entry.nanoseconds.median();
        return 0;
    }
};

constexpr const char* us = "ndispool";
constexpr const char* dpdk = "DPDK rte_mempool, cache 512";
using Dpdk = DpdkMempool<512>;

// One of the functions of work.h, for any contender.
template <class Measure> class Entries {
  public:
    Entries(Measure measure, std::size_t count) : measure_(measure), count_(count) {}

    template <class Contender> Entries& add(const char* name) {
        auto contender = std::make_shared<Contender>(capacity);
        list_.push_back({name, [contender, *this] { return measure_(*contender, count_); }});
        return *this;
    }
    Entries& add_ours_and_dpdk() { return this->template add<Ndispool>(us).template add<Dpdk>(dpdk); }
    Entries& add_others() {
        return this->template add<Allocator<Glibc>>("glibc malloc")
            .template add<Allocator<Loaded<Jemalloc>>>("jemalloc")
            .template add<Allocator<Loaded<Mimalloc>>>("mimalloc")
            .template add<Allocator<Tbb>>("tbbmalloc")
            .template add<BoostStack>("boost::lockfree::stack")
            .template add<SpinLocked>("spin-locked free list");
    }
    Entries& add_floor() {
        return this->template add<ArrayStack>("floor: array stack, inlined")
            .template add<ArrayStackBehindCall>("floor: the same behind a call");
    }
    [[nodiscard]] std::vector<Entry> list() const { return list_; }

  private:
    Measure measure_;
    std::size_t count_;
    std::vector<Entry> list_;
};

template <class Contender> Entry tight_entry(const char* name) {
    auto contender = std::make_shared<Contender>(256);
    auto made = std::make_shared<Tight>();
    return {name, [=] { return (*made = tight(*contender, 2 * pairs_a_round)).nanoseconds; }, made};
}

#define MEASURE(function) [](auto& contender, std::size_t count) { return function(contender, count); }

std::vector<Work> all_work() {
    const std::size_t n = pairs_a_round;
    std::vector<Work> works;
    works.push_back({"one allocated, then freed", dpdk, 0.5,
                     Entries(MEASURE(one_pair), n).add_ours_and_dpdk().add_others().add_floor().list()});
    works.push_back({"32 allocated, then 32 freed", dpdk, 0.6,
                     Entries(MEASURE(thirty_two_each), n).add_ours_and_dpdk().add_others().add_floor().list()});
    works.push_back({"bulk of 32", dpdk, 1.0, Entries(MEASURE(bulk), n).add_ours_and_dpdk().list()});
    works.push_back(
        {"allocated here, freed there, bulk of 32", dpdk, 0.8, Entries(MEASURE(across), n).add_ours_and_dpdk().list()});
    works.push_back(
        {"both processors at once", dpdk, 0.5, Entries(MEASURE(both), n).add_ours_and_dpdk().add_others().list()});
    works.push_back(
        {"in_use while both allocate", dpdk, 0.2, Entries(MEASURE(question), n / 8).add_ours_and_dpdk().list()});
    works.push_back({"NDIS packet, against rte_pktmbuf", "DPDK rte_pktmbuf, cache 512", 1.0,
                     Entries(MEASURE(one_pair), n)
                         .add<NdisPackets>("NdisAllocatePacket")
                         .add<DpdkMbufs>("DPDK rte_pktmbuf, cache 512")
                         .list()});
    const char* tight_peer = "DPDK rte_mempool, cache 64";
    works.push_back({"256, two threads, 90 to 100 % full",
                     tight_peer,
                     1.0,
                     {tight_entry<Ndispool>(us), tight_entry<DpdkMempool<64>>(tight_peer),
                      tight_entry<DpdkMempool<170>>("DPDK rte_mempool, cache 170"),
                      tight_entry<DpdkMempool<0>>("DPDK rte_mempool, no cache")}});
    return works;
}

void print(const Work& work) {
    std::printf("\n%s (at most %.1f x is wanted)\n", work.name.c_str(), work.target);
    for (const Entry& entry : work.entries) {
        std::printf("  %-32s %8.2f ns  +-%4.1f %%  %6.2f x", entry.contender.c_str(), entry.nanoseconds.median(),
                    100 * entry.nanoseconds.spread(), entry.nanoseconds.median() / work.base());
        if (entry.tight)
            std::printf("  %6.2f %% falsely refused", 100 * entry.refused.median());
        std::printf("\n");
    }
}

nlohmann::json to_json(const Work& work) {
    nlohmann::json entries = nlohmann::json::array();
    for (const Entry& entry : work.entries) {
        entries.push_back({{"contender", entry.contender},
                           {"median_ns", entry.nanoseconds.median()},
                           {"low_ns", entry.nanoseconds.low()},
                           {"high_ns", entry.nanoseconds.high()},
                           {"ratio", entry.nanoseconds.median() / work.base()},
                           {"rounds_ns", entry.nanoseconds.values()}});
        if (entry.tight)
            entries.back()["falsely_refused"] = entry.refused.median();
    }
    return {{"work", work.name}, {"against", work.against}, {"target_ratio", work.target}, {"entries", entries}};
}

struct Options {
    int rounds = 15;
    std::string json;
    std::string only;
};

std::optional<Options> options_of(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; i += 2) {
        const std::string name = argv[i];
        if (i + 1 == argc || (name != "--rounds" && name != "--json" && name != "--only"))
            return std::nullopt;
        if (name == "--json")
            options.json = argv[i + 1];
        else if (name == "--only")
            options.only = argv[i + 1];
        else if ((options.rounds = std::atoi(argv[i + 1])) < 1)
            return std::nullopt;
    }
    return options;
}

// jemalloc wants more thread-local memory than glibc sets aside for libraries that are loaded later. Runs before the allocators are
// loaded, which is before main.
[[gnu::constructor(101)]] void restart_with_room_for_jemalloc(int, char** argv, char**) {
    if (std::getenv("GLIBC_TUNABLES") != nullptr)
        return;
    setenv("GLIBC_TUNABLES", "glibc.rtld.optional_static_tls=4096", 1);
    execv("/proc/self/exe", argv);
}

void run(const Options& options) {
    start_dpdk();
    run_on(0);
    std::vector<Work> works = all_work();
    std::erase_if(works, [&](const Work& work) { return work.name.find(options.only) == std::string::npos; });
    for (int round = 0; round < options.rounds; ++round)
        for (Work& work : works)
            for (Entry& entry : work.entries)
                entry.round();
    nlohmann::json all = nlohmann::json::array();
    for (const Work& work : works) {
        print(work);
        all.push_back(to_json(work));
    }
    if (!options.json.empty())
        std::ofstream(options.json) << nlohmann::json{{"schema", "ndispool-bench-peers"},
                                                      {"version", 1},
                                                      {"rounds", options.rounds},
                                                      {"processors", std::thread::hardware_concurrency()},
                                                      {"works", all}}
                                           .dump(1)
                                    << '\n';
}

} // namespace
} // namespace ndispool::bench

int main(int argc, char** argv) {
    const auto options = ndispool::bench::options_of(argc, argv);
    if (!options) {
        std::fprintf(stderr, "usage: peers_bench [--rounds N] [--json FILE] [--only TEXT]\n");
        return 2;
    }
    try {
        ndispool::bench::run(*options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "peers_bench: %s\n", error.what());
        return 3;
    }
}
