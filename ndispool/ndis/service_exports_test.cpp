#include "ndispool/ndis/service_exports.h"

#include <gtest/gtest.h>
#include <set>
#include <string_view>

#include "ndispool/nt/exports.h"

namespace ndispool::ndis {
namespace {

TEST(ServiceExports, have_each_name_once_and_both_doors) {
    std::set<std::string_view> names;
    for (const nt::Export& entry : nt::exports())
        names.insert(entry.name);
    for (const nt::Export& entry : service_exports()) {
        EXPECT_TRUE(names.insert(entry.name).second) << entry.name << " is listed twice";
        EXPECT_NE(entry.native, nullptr) << entry.name;
        EXPECT_NE(entry.microsoft, nullptr) << entry.name;
    }
}

} // namespace
} // namespace ndispool::ndis
