// Each rule: the driver that breaks it is found, with the rule's identifier and the function that did it; the same driver without
// the mistake is not.
#include "tests/verify/checked.h"

#include <gtest/gtest.h>

#include <string_view>

namespace {

// Whether a finding of this rule names the function, in any of its places.
bool names(const Outcome& outcome, const std::string& rule, const std::string& function) {
    for (const auto& finding : outcome.report["findings"]) {
        if (finding["rule"] != rule)
            continue;
        for (const auto& site : finding["sites"])
            for (const auto& frame : site["frames"])
                if (frame["function"] == function && frame["file"].get<std::string>().ends_with(".c") &&
                    frame["line"] > 0)
                    return true;
    }
    return false;
}

const std::string protocol = NDISPOOL_TEST_DRIVERS "/wrong_protocol.so --below null:64 --count 400";
const std::string miniport = NDISPOOL_TEST_DRIVERS "/wrong_miniport.so --above null:64 --count 400";

struct Mistake {
    const char* name; // of parameter Break
    const char* rule;
    const char* function;
    std::set<std::string> with = {}; // rules that the mistake breaks too
};

std::ostream& operator<<(std::ostream& out, const Mistake& mistake) {
    return out << mistake.name;
}

void expect_found(const std::string& driver, const Mistake& mistake) {
    // What NDIS waits for in vain takes up to ten seconds; the virtual clock lets them pass at once.
    const bool waits = std::string_view(mistake.rule) == "return-missing";
    for (const char* more : {" --processors 1", " --processors 2"}) {
        const Outcome outcome =
            run(driver + more + (waits ? " --clock virtual" : "") + " --param Break=" + mistake.name);
        EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
        ASSERT_TRUE(outcome.report.is_object()) << outcome.output;
        std::set<std::string> expected = mistake.with;
        expected.insert(mistake.rule);
        std::set<std::string> rules = rules_of(outcome);
        EXPECT_TRUE(rules.contains(mistake.rule)) << outcome.report["findings"].dump(1);
        for (const std::string& rule : rules)
            EXPECT_TRUE(expected.contains(rule)) << outcome.report["findings"].dump(1);
        EXPECT_TRUE(names(outcome, mistake.rule, mistake.function)) << outcome.report["findings"].dump(1);
    }
}

class ProtocolRules : public testing::TestWithParam<Mistake> {};

TEST_P(ProtocolRules, the_broken_driver_is_found_with_the_rule_and_the_function) {
    expect_found(protocol, GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    All, ProtocolRules,
    testing::Values(
        Mistake{"pool-leak", "pool-leak", "FreePoolWithPacketsOut"},
        Mistake{"pool-not-freed", "pool-not-freed", "KeepPool"},
        Mistake{"packet-leak", "packet-leak", "KeepPacket", {"pool-not-freed"}},
        Mistake{"double-free", "double-free", "FreePacketTwice"},
        Mistake{"double-free-memory", "double-free", "FreeMemoryTwice"},
        Mistake{"foreign-free", "foreign-free", "FreeNoPacket"},
        Mistake{"foreign-free-received", "foreign-free", "FreeReceived"},
        Mistake{"use-after-free", "use-after-free", "WriteFreedPacket"},
        Mistake{"use-after-free-memory", "use-after-free", "WriteFreedMemory"},
        Mistake{"reserved-overrun", "reserved-overrun", "OverrunReserved"},
        Mistake{"mixed-flavour", "mixed-flavour", "MixFlavours"}, Mistake{"buffer-leak", "buffer-leak", "KeepBuffer"},
        Mistake{"chain-leak", "chain-leak", "FreePacketWithBuffer"},
        Mistake{"memory-leak", "memory-leak", "KeepMemory"},
        Mistake{"memory-mismatch", "memory-mismatch", "FreeWithOtherLength"},
        Mistake{"memory-mismatch-tag", "memory-mismatch", "FreeWithOtherTag"},
        Mistake{"memory-overrun", "memory-overrun", "OverrunMemory"},
        Mistake{"memory-underrun", "memory-overrun", "UnderrunMemory"},
        Mistake{"memory-overrun-far", "memory-overrun", "OverrunMemoryFar"},
        Mistake{"memory-underrun-far", "memory-overrun", "UnderrunMemoryFar"},
        Mistake{"memory-overread", "memory-overrun", "ReadPastMemory"},
        Mistake{"use-after-free-read", "use-after-free", "ReadFreedMemory"},
        Mistake{"use-after-free-copy", "use-after-free", "CopyFromFreedMemory"},
        Mistake{"use-after-free-lock", "use-after-free", "LockInFreedMemory"},
        Mistake{"event-misuse", "event-misuse", "SetNoEvent"},
        Mistake{"event-awaited", "event-misuse", "InitializeAwaited"},
        Mistake{"handle-leak", "memory-leak", "LeaveHandleOpen"}, Mistake{"irql", "irql", "AllocateAtWrongLevel"},
        Mistake{"irql-high", "irql", "CompareStringsInHandler"}, Mistake{"lock-held", "lock-held", "FreeUnderLock"},
        Mistake{"lock-order", "lock-order", "TakeOtherThenOne"}, Mistake{"lock-twice", "lock-order", "TakeTwice"},
        Mistake{"lock-leak", "lock-leak", "KeepLock"},
        Mistake{"wait-at-dispatch", "wait-at-dispatch", "SleepInHandler"},
        Mistake{"send-twice", "send-twice", "SendTwice"}, Mistake{"free-in-flight", "free-in-flight", "FreeWhileSent"},
        Mistake{"reinitialize-in-flight", "free-in-flight", "ReinitializeWhileSent"},
        Mistake{"return-too-many", "return-too-many", "ReturnTwice"},
        Mistake{"return-missing", "return-missing", "ReceivePacket"},
        Mistake{"return-early", "return-early", "ReturnInHandler"},
        Mistake{"timer-at-unload", "timer-at-unload", "LeaveTimer"},
        Mistake{"work-item-at-unload", "work-item-at-unload", "LeaveWork"},
        Mistake{"late-protocol-id", "late-protocol-id", "SetIdLate"},
        Mistake{"unbind-order", "unbind-order", "CloseTwice"}, Mistake{"send-closed", "unbind-order", "SendOnClosed"},
        Mistake{"ignored-resources", "ignored-resources", "UseWhatWasRefused"},
        Mistake{"ignored-resources-crash", "ignored-resources", "WriteThroughRefused"},
        Mistake{"crash", "crash", "FollowNull"},
        Mistake{"crash-freed", "crash", "ReadFreedPointer", {"use-after-free"}},
        Mistake{"recursion", "crash", "CallItself"}));

class MiniportRules : public testing::TestWithParam<Mistake> {};

TEST_P(MiniportRules, the_broken_driver_is_found_with_the_rule_and_the_function) {
    expect_found(miniport, GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    All, MiniportRules,
    testing::Values(Mistake{"complete-twice", "complete-twice", "CompleteTwice"},
                    Mistake{"complete-request", "complete-twice", "CompleteNoRequest"},
                    Mistake{"foreign-free", "foreign-free", "FreeWhatIsSent"},
                    Mistake{"indicate-status", "indicate-status", "IndicateWithOtherStatus"},
                    Mistake{"indicate-lent", "indicate-status", "IndicateTwice"},
                    Mistake{"indicate-mixed", "indicate-status", "IndicateMixedArray", {"pool-leak", "packet-leak"}},
                    Mistake{"reserved-too-small", "reserved-too-small", "MakeSlots"},
                    Mistake{"oob-after-indicate", "oob-after-indicate", "ReadStatusAfterIndicate"},
                    Mistake{"oob-written-after", "oob-after-indicate", "WriteStatusAfterIndicate"}));

// The adapter above waits ten seconds for a send that is never completed; of the virtual clock.
TEST(MiniportRule, a_send_that_is_never_completed_is_found_when_the_miniport_is_halted) {
    for (const char* processors : {" --processors 1", " --processors 2"}) {
        const Outcome outcome = run(miniport + processors + " --clock virtual --param Break=complete-missing");
        EXPECT_EQ(outcome.exit_code, 1);
        EXPECT_TRUE(names(outcome, "complete-missing", "SendPackets")) << outcome.output;
    }
}

TEST(Rules, the_same_drivers_without_a_mistake_are_clean) {
    for (const std::string& driver : {protocol, miniport})
        for (const char* more : {" --processors 1", " --processors 2 --seed 2", " --processors 2 --seed 3"}) {
            const Outcome outcome = run(driver + more);
            EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
        }
}

} // namespace
