// ndispool's pool against its peers: all do the same work in turn, round after round, in one process.
//
//   peers_bench [--rounds N] [--json FILE] [--svg FILE]
//
// Prints a table: of each work and contender the median over the rounds, its spread (the middle half of the rounds), and the
// ratio to the peer that the work is measured against.
#include "bench/peers/contender.h"
#include "bench/peers/ndis_packets.h"
#include "bench/peers/work.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <rte_eal.h>

namespace ndispool::bench {
namespace {

constexpr unsigned capacity = 4096;
constexpr std::size_t pairs_a_round = 400'000;

struct Entry {
    std::string contender;
    std::function<double()> measure;
    std::vector<double> rounds;
    std::shared_ptr<Tight> tight = nullptr; // of the last round, where the work counts refusals

    [[nodiscard]] static double quantile(std::vector<double> values, double part) {
        std::sort(values.begin(), values.end());
        return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1) + 0.5)];
    }
    [[nodiscard]] double median() const { return quantile(rounds, 0.5); }
    [[nodiscard]] double spread() const { return (quantile(rounds, 0.75) - quantile(rounds, 0.25)) / median(); }
};

struct Work {
    std::string name;
    std::string against; // the contender whose median is 1
    double target;       // ndispool's ratio is to be at most that
    std::vector<Entry> entries;
};

template <class Contender, double measure(Contender&, std::size_t)> Entry entry(const char* name, std::size_t count) {
    auto contender = std::make_shared<Contender>(capacity);
    return {name, [=] { return measure(*contender, count); }, {}};
}

template <class Contender> Entry tight_entry(const char* name) {
    auto contender = std::make_shared<Contender>(256);
    auto made = std::make_shared<Tight>();
    return {name, [=] { return (*made = tight(*contender, pairs_a_round / 4)).nanoseconds; }, {}, made};
}

using Dpdk = DpdkMempool<512>;
constexpr const char* us = "ndispool";
constexpr const char* dpdk = "DPDK rte_mempool, cache 512";

std::vector<Work> all_work() {
    const std::size_t n = pairs_a_round;
    std::vector<Work> works;
#define SINGLES(measure)                                                                                               \
    entry<Ndispool, measure<Ndispool>>(us, n), entry<Dpdk, measure<Dpdk>>(dpdk, n),                                    \
        entry<Allocator<Glibc>, measure<Allocator<Glibc>>>("glibc malloc", n),                                         \
        entry<Allocator<Loaded<Jemalloc>>, measure<Allocator<Loaded<Jemalloc>>>>("jemalloc", n),                       \
        entry<Allocator<Loaded<Mimalloc>>, measure<Allocator<Loaded<Mimalloc>>>>("mimalloc", n),                       \
        entry<Allocator<Tbb>, measure<Allocator<Tbb>>>("tbbmalloc", n),                                                \
        entry<BoostStack, measure<BoostStack>>("boost::lockfree::stack", n),                                           \
        entry<SpinLocked, measure<SpinLocked>>("spin-locked free list", n)
#define FLOORS(measure)                                                                                                \
    entry<ArrayStack, measure<ArrayStack>>("array stack, one thread only", n),                                         \
        entry<ArrayStackBehindCall, measure<ArrayStackBehindCall>>("the same behind a call", n)
    works.push_back({"one allocated, then freed", dpdk, 0.5, {SINGLES(one_pair), FLOORS(one_pair)}});
    works.push_back({"32 allocated, then 32 freed", dpdk, 0.6, {SINGLES(thirty_two_each), FLOORS(thirty_two_each)}});
    works.push_back({"bulk of 32", dpdk, 1.0, {entry<Ndispool, bulk<Ndispool>>(us, n), entry<Dpdk, bulk<Dpdk>>(dpdk, n)}});
    works.push_back({"allocated here, freed there, bulk of 32", dpdk, 0.8,
                     {entry<Ndispool, across<Ndispool>>(us, n), entry<Dpdk, across<Dpdk>>(dpdk, n)}});
    works.push_back({"both processors at once", dpdk, 0.5, {SINGLES(both)}});
    works.push_back({"in_use while both allocate", dpdk, 0.2,
                     {entry<Ndispool, question<Ndispool>>(us, n / 8), entry<Dpdk, question<Dpdk>>(dpdk, n / 8)}});
    works.push_back({"NDIS packet, against rte_pktmbuf", "DPDK rte_pktmbuf", 1.0,
                     {entry<NdisPackets, one_pair<NdisPackets>>("NdisAllocatePacket", n),
                      entry<DpdkMbufs, one_pair<DpdkMbufs>>("DPDK rte_pktmbuf", n)}});
    works.push_back({"256, two threads, 90 to 100 % full", "DPDK rte_mempool, cache 64", 1.0,
                     {tight_entry<Ndispool>(us), tight_entry<DpdkMempool<64>>("DPDK rte_mempool, cache 64"),
                      tight_entry<DpdkMempool<0>>("DPDK rte_mempool, no cache")}});
    return works;
}

} // namespace
} // namespace ndispool::bench

int main(int argc, char** argv) {
    using namespace ndispool::bench;
    int rounds = 15;
    for (int i = 1; i + 1 < argc; i += 2)
        if (std::strcmp(argv[i], "--rounds") == 0)
            rounds = std::atoi(argv[i + 1]);
    std::string name = "bench", options[] = {"--no-huge", "--no-pci", "--no-shconf", "--no-telemetry", "--lcores=0", "--log-level=error"};
    std::vector<char*> arguments{name.data()};
    for (std::string& option : options)
        arguments.push_back(option.data());
    if (rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) < 0)
        return 3;
    run_on(0);
    std::vector<Work> works = all_work();
    for (int round = 0; round < rounds; ++round)
        for (Work& work : works)
            for (Entry& entry : work.entries)
                entry.rounds.push_back(entry.measure());
    for (const Work& work : works) {
        double base = 0;
        for (const Entry& entry : work.entries)
            if (entry.contender == work.against)
                base = entry.median();
        std::printf("\n%s\n", work.name.c_str());
        for (const Entry& entry : work.entries) {
            std::printf("  %-32s %8.2f ns  +-%4.1f %%  %6.2f x", entry.contender.c_str(), entry.median(),
                        50 * entry.spread(), entry.median() / base);
            if (entry.tight)
                std::printf("  %5.1f %% falsely refused", 100 * entry.tight->refused);
            std::printf("\n");
        }
    }
}
