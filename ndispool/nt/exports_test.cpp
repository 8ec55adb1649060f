#include "ndispool/nt/exports.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <set>
#include <string_view>

#include "ndis/base.h"

namespace ndispool::nt {
namespace {

TEST(KernelExports, have_each_name_once_and_both_doors) {
    std::set<std::string_view> names;
    for (const Export& entry : exports()) {
        EXPECT_TRUE(names.insert(entry.name).second) << entry.name << " is listed twice";
        EXPECT_NE(entry.native, nullptr) << entry.name;
        EXPECT_NE(entry.microsoft, nullptr) << entry.name;
        EXPECT_NE(entry.native, entry.microsoft) << entry.name;
    }
}

TEST(KernelExports, can_be_called_through_the_microsoft_door) {
    const auto found = std::ranges::find_if(
        exports(), [](const Export& entry) { return std::strcmp(entry.name, "RtlUpcaseUnicodeChar") == 0; });
    ASSERT_NE(found, exports().end());
    const auto upcase = reinterpret_cast<WCHAR(__attribute__((ms_abi))*)(WCHAR)>(found->microsoft);
    EXPECT_EQ(upcase(u'q'), u'Q');
}

} // namespace
} // namespace ndispool::nt
