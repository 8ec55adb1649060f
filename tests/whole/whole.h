// What the whole-program tests share: frames, a run between two wires, and what a clean run looks like.
#pragma once

#include "ndispool/host/run.h"
#include "ndispool/wire/memory_source.h"

#include <gtest/gtest.h>
#include <random>

namespace ndispool::whole {

using host::Parameter;
using wire::MemorySource;
using wire::OwnedFrame;

// Frames of many lengths up to the longest a wire gives, each different from the others.
inline std::vector<OwnedFrame> frames(std::size_t count, std::uint32_t seed = 1) {
    std::mt19937 random(seed);
    std::vector<OwnedFrame> made;
    for (std::size_t i = 0; i < count; ++i) {
        std::vector<std::byte> bytes(i % 50 == 0 ? 2000 + random() % 60000 : 14 + random() % 1501);
        for (std::byte& byte : bytes)
            byte = static_cast<std::byte>(random());
        made.push_back({std::move(bytes), 116'444'736'000'000'000 + i * 10});
    }
    return made;
}

inline std::vector<std::byte> bytes(std::initializer_list<int> values) {
    std::vector<std::byte> made;
    for (int value : values)
        made.push_back(static_cast<std::byte>(value));
    return made;
}

inline void expect_same_bytes(const std::vector<OwnedFrame>& got, const std::vector<OwnedFrame>& sent) {
    ASSERT_EQ(got.size(), sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i)
        ASSERT_EQ(got[i].bytes, sent[i].bytes) << "frame " << i;
}

inline void expect_same(const std::vector<OwnedFrame>& got, const std::vector<OwnedFrame>& sent) {
    ASSERT_NO_FATAL_FAILURE(expect_same_bytes(got, sent));
    for (std::size_t i = 0; i < sent.size(); ++i)
        ASSERT_EQ(got[i].time_100ns, sent[i].time_100ns) << "frame " << i;
}

// No finding; every pool freed, and empty when it was.
inline void expect_clean(const host::Report& report) {
    for (const host::Finding& finding : report.findings)
        ADD_FAILURE() << finding.rule << ": " << finding.message << " at " << finding.where;
    for (const host::PoolReport& pool : report.pools) {
        EXPECT_TRUE(pool.record.freed) << pool.allocator;
        EXPECT_EQ(pool.record.in_use, 0u) << pool.allocator;
        EXPECT_EQ(pool.record.in_use_when_freed, 0u) << pool.allocator;
        EXPECT_EQ(pool.record.allocations, pool.record.frees) << pool.allocator;
    }
}

inline host::Report run(const char* driver, wire::Wire& below, wire::Wire& above,
                        std::vector<Parameter> parameters = {}, unsigned processors = 1) {
    host::Setup setup;
    setup.driver = driver;
    setup.parameters = std::move(parameters);
    setup.processors = processors;
    const host::StopFlag go_on{false};
    return host::run(setup, below, above, go_on);
}

} // namespace ndispool::whole
