#include "ndispool/nt/invoke.h"

#include <atomic>
#include <gtest/gtest.h>
#include <stdexcept>
#include <thread>
#include <tuple>
#include <vector>

namespace ndispool::nt {
namespace {

using Seven = std::tuple<std::uint8_t, std::int16_t, std::uint32_t, void*, std::int64_t, std::int8_t, std::uint64_t>;
using Handler = std::int32_t (*)(std::uint8_t, std::int16_t, std::uint32_t, void*, std::int64_t, std::int8_t,
                                 std::uint64_t);
Seven received;

std::int32_t system_v_handler(std::uint8_t a, std::int16_t b, std::uint32_t c, void* d, std::int64_t e, std::int8_t f,
                              std::uint64_t g) {
    received = {a, b, c, d, e, f, g};
    return -7;
}

__attribute__((ms_abi)) std::int32_t microsoft_handler(std::uint8_t a, std::int16_t b, std::uint32_t c, void* d,
                                                       std::int64_t e, std::int8_t f, std::uint64_t g) {
    received = {a, b, c, d, e, f, g};
    return -8;
}

const Handler as_microsoft = reinterpret_cast<Handler>(&microsoft_handler);

const char* address(const void* code) {
    return static_cast<const char*>(code);
}

// Registers a one-byte range for the life of a test.
struct Registered {
    Registered(const void* code, Abi abi, const void* owner) : begin(code) {
        register_code(code, address(code) + 1, abi, owner);
    }
    ~Registered() { unregister_code(begin); }
    const void* begin;
};

TEST(Invoke, a_system_v_handler_gets_its_arguments_and_answers) {
    int object = 0;
    EXPECT_EQ(invoke(Abi::system_v, &system_v_handler, 255, -2, 0xFFFFFFFEu, &object, INT64_MIN, -5, UINT64_MAX), -7);
    EXPECT_EQ(received, Seven(255, -2, 0xFFFFFFFE, &object, INT64_MIN, -5, UINT64_MAX));
}

TEST(Invoke, a_microsoft_handler_gets_its_arguments_and_answers) {
    int object = 0;
    EXPECT_EQ(invoke(Abi::microsoft, as_microsoft, 255, -2, 0xFFFFFFFEu, &object, INT64_MIN, -5, UINT64_MAX), -8);
    EXPECT_EQ(received, Seven(255, -2, 0xFFFFFFFE, &object, INT64_MIN, -5, UINT64_MAX));
}

TEST(Invoke, looks_up_how_a_handler_wants_to_be_called) {
    const Registered driver(reinterpret_cast<const void*>(as_microsoft), Abi::microsoft, nullptr);
    EXPECT_EQ(invoke(as_microsoft, 1, 2, 3u, nullptr, 5, 6, 7u), -8);
    EXPECT_EQ(invoke(&system_v_handler, 1, 2, 3u, nullptr, 5, 6, 7u), -7);
    EXPECT_EQ(received, Seven(1, 2, 3, nullptr, 5, 6, 7));
}

// A call site that does not know which kind of driver it will call, as all of the host's are. To g++ 12 the calls through the two
// kinds of pointer are the same one, where nothing else stands between them; it then drops that of a Windows driver.
using Site = std::int32_t (*)(Abi, Handler, void*);
[[gnu::noinline]] std::int32_t call_barely(Abi abi, Handler handler, void* object) {
    return detail::call(abi, handler, std::uint8_t{255}, std::int16_t{-2}, 0xFFFFFFFEu, object, std::int64_t{INT64_MIN},
                        std::int8_t{-5}, std::uint64_t{UINT64_MAX});
}
[[gnu::noinline]] std::int32_t call_inside(Abi abi, Handler handler, void* object) {
    return invoke(abi, handler, 255, -2, 0xFFFFFFFEu, object, INT64_MIN, -5, UINT64_MAX);
}

void expect_both_kinds_called(Site site) {
    int object = 0;
    const Seven expected(255, -2, 0xFFFFFFFE, &object, INT64_MIN, -5, UINT64_MAX);
    volatile Abi abi = Abi::system_v; // volatile: a site that knew what it calls would show nothing
    volatile Handler handler = &system_v_handler;
    EXPECT_EQ(site(abi, handler, &object), -7);
    EXPECT_EQ(received, expected);
    received = {};
    abi = Abi::microsoft;
    handler = as_microsoft;
    EXPECT_EQ(site(abi, handler, &object), -8);
    EXPECT_EQ(received, expected);
}

TEST(Invoke, one_call_site_calls_handlers_of_both_kinds) {
    expect_both_kinds_called(call_barely);
    expect_both_kinds_called(call_inside);
}

// What an observer is told of the calls.
struct Heard final : CallObserver {
    void entered(const void*, const std::uint64_t* arguments) noexcept override { first = arguments[0]; }
    void left(const void*, const std::uint64_t*, std::uint64_t result) noexcept override {
        results.push_back(static_cast<std::int32_t>(result));
    }
    std::uint64_t first = 0;
    std::vector<std::int32_t> results;
};

TEST(Invoke, one_call_site_calls_handlers_of_both_kinds_while_somebody_observes) {
    Heard heard;
    call_observer = &heard;
    expect_both_kinds_called(call_inside);
    call_observer = nullptr;
    EXPECT_EQ(heard.results, (std::vector<std::int32_t>{-7, -8}));
    EXPECT_EQ(heard.first, 255U);
}

TEST(Invoke, drivers_that_are_called_one_after_the_other_are_attributed_to_no_door_and_the_caller_is_again_afterwards) {
    const int door = 0;
    const CallerScope outer(&door);
    {
        const Calls calls;
        for (int i = 0; i < 2; ++i)
            EXPECT_EQ(calls(
                          Abi::system_v, +[](int) { return caller(nullptr) == nullptr; }, i),
                      true);
    }
    EXPECT_EQ(caller(nullptr), &door);
}

TEST(CodeRanges, an_address_in_no_range_is_native_code_of_nobody) {
    int somewhere = 0;
    EXPECT_EQ(abi_of(&somewhere), Abi::system_v);
    EXPECT_EQ(owner_of(&somewhere), nullptr);
}

TEST(CodeRanges, a_range_holds_its_first_address_and_not_its_end) {
    static const char code[16] = {};
    int owner = 0;
    register_code(code + 4, code + 8, Abi::microsoft, &owner);
    EXPECT_EQ(abi_of(code + 3), Abi::system_v);
    EXPECT_EQ(abi_of(code + 4), Abi::microsoft);
    EXPECT_EQ(owner_of(code + 7), &owner);
    EXPECT_EQ(owner_of(code + 8), nullptr);
    unregister_code(code + 4);
    EXPECT_EQ(owner_of(code + 4), nullptr);
}

TEST(CodeRanges, the_others_stay_when_one_is_unregistered) {
    static const char code[3] = {};
    int owners[3];
    for (int i = 0; i < 3; ++i)
        register_code(code + i, code + i + 1, Abi::microsoft, &owners[i]);
    unregister_code(code);
    EXPECT_EQ(owner_of(code), nullptr);
    EXPECT_EQ(owner_of(code + 1), &owners[1]);
    EXPECT_EQ(owner_of(code + 2), &owners[2]);
    unregister_code(code + 1);
    unregister_code(code + 2);
}

TEST(CodeRanges, one_more_than_the_most_is_refused) {
    static const char code[max_code_ranges + 1] = {};
    for (unsigned i = 0; i < max_code_ranges; ++i)
        register_code(code + i, code + i + 1, Abi::system_v, code);
    EXPECT_THROW(register_code(code + max_code_ranges, code + max_code_ranges + 1, Abi::system_v, code),
                 std::length_error);
    for (unsigned i = 0; i < max_code_ranges; ++i)
        unregister_code(code + i);
}

TEST(CodeRanges, a_look_up_sees_one_range_whole_while_others_come_and_go) {
    static const char code[8] = {};
    std::atomic<bool> stop = false;
    std::atomic<int> torn = 0;
    // Owner and ABI of a range belong together, whichever of the two lives at the address now.
    const std::jthread reader([&] {
        while (!stop.load(std::memory_order_relaxed)) {
            const void* const owner = owner_of(code + 2);
            if (owner != nullptr && owner != code && owner != code + 1)
                ++torn;
        }
    });
    for (int i = 0; i < 20000; ++i) {
        register_code(code + i % 2, code + 4, i % 2 ? Abi::microsoft : Abi::system_v, code + i % 2);
        unregister_code(code + i % 2);
    }
    stop = true;
    EXPECT_EQ(torn, 0);
}

} // namespace
} // namespace ndispool::nt
