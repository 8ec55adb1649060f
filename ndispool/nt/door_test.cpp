#include "ndispool/nt/door.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <tuple>

#include "ndispool/nt/invoke.h"

namespace ndispool::nt {
namespace {

using Seven =
    std::tuple<std::uint8_t, std::int16_t, std::uint32_t, const void*, std::int64_t, std::int8_t, std::uint64_t>;
Seven received;

std::uint8_t take_seven(std::uint8_t a, std::int16_t b, std::uint32_t c, const void* d, std::int64_t e, std::int8_t f,
                        std::uint64_t g) {
    received = {a, b, c, d, e, f, g};
    return 200;
}

const void* seen_caller;

__attribute__((noinline)) void note_caller() {
    seen_caller = caller(__builtin_return_address(0));
}

union Large {
    struct {
        std::uint32_t low;
        std::int32_t high;
    } parts;
    std::int64_t whole;
};

Large negate(Large value) {
    value.whole = -value.whole;
    return value;
}

// Where the test's own call of a Microsoft function returns to.
const void* microsoft_call_site;

__attribute__((noinline)) void call_as_microsoft_driver(void* function) {
    microsoft_call_site = __builtin_return_address(0);
    reinterpret_cast<void(__attribute__((ms_abi))*)()>(function)();
    asm volatile(""); // no tail call: the site must lie in this function
}

bool lies_in(const void* address, void (*function)(void*)) {
    const auto begin = reinterpret_cast<std::uintptr_t>(function), at = reinterpret_cast<std::uintptr_t>(address);
    return at > begin && at < begin + 512;
}

TEST(Door, an_export_names_its_function_and_offers_it_both_ways) {
    const Export entry = NDISPOOL_EXPORT(take_seven);
    EXPECT_STREQ(entry.name, "take_seven");
    EXPECT_EQ(entry.native, reinterpret_cast<void*>(&take_seven));
    EXPECT_NE(entry.microsoft, nullptr);
    EXPECT_NE(entry.microsoft, entry.native);
}

TEST(Door, seven_arguments_of_mixed_widths_and_the_result_pass_through) {
    const Export entry = NDISPOOL_EXPORT(take_seven);
    using Function = std::uint8_t(__attribute__((ms_abi))*)(std::uint8_t, std::int16_t, std::uint32_t, const void*,
                                                            std::int64_t, std::int8_t, std::uint64_t);
    const auto function = reinterpret_cast<Function>(entry.microsoft);
    int local = 0;
    EXPECT_EQ(function(255, -2, 0xFFFFFFFE, &local, INT64_MIN, -5, UINT64_MAX), 200);
    EXPECT_EQ(received, Seven(255, -2, 0xFFFFFFFE, &local, INT64_MIN, -5, UINT64_MAX));
}

TEST(Door, a_large_integer_passes_by_value_and_comes_back) {
    const Export entry = NDISPOOL_EXPORT(negate);
    const auto function = reinterpret_cast<Large(__attribute__((ms_abi))*)(Large)>(entry.microsoft);
    Large value;
    value.whole = 0x1234'5678'9ABC;
    EXPECT_EQ(function(value).whole, -0x1234'5678'9ABC);
}

TEST(Caller, of_a_direct_call_is_the_return_address) {
    note_caller();
    EXPECT_NE(seen_caller, nullptr);
    const void* const first = seen_caller;
    note_caller();
    EXPECT_NE(seen_caller, first) << "another call site";
}

TEST(Caller, behind_a_door_is_the_drivers_call_and_not_the_door) {
    call_as_microsoft_driver(NDISPOOL_EXPORT(note_caller).microsoft);
    EXPECT_TRUE(lies_in(seen_caller, call_as_microsoft_driver));
}

TEST(Caller, is_forgotten_when_the_door_is_left) {
    call_as_microsoft_driver(NDISPOOL_EXPORT(note_caller).microsoft);
    note_caller();
    EXPECT_FALSE(lies_in(seen_caller, call_as_microsoft_driver));
    EXPECT_EQ(door_return_address, nullptr);
}

void call_a_native_driver() {
    invoke(Abi::system_v, &note_caller);
}

TEST(Caller, of_a_driver_we_call_from_within_a_door_is_that_driver) {
    call_as_microsoft_driver(NDISPOOL_EXPORT(call_a_native_driver).microsoft);
    EXPECT_NE(seen_caller, nullptr);
    EXPECT_FALSE(lies_in(seen_caller, call_as_microsoft_driver)) << "the outer driver did not make this call";
}

} // namespace
} // namespace ndispool::nt
