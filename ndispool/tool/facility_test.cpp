#include "ndispool/tool/facility.h"

#include <gtest/gtest.h>
#include <net/if.h>
#include <set>
#include <unistd.h>

namespace ndispool::tool {
namespace {

const Facility& named(const std::vector<Facility>& all, std::string_view name) {
    for (const Facility& facility : all)
        if (facility.name == name)
            return facility;
    ADD_FAILURE() << name;
    return all.front();
}

TEST(Facility, each_has_a_use_and_an_answer_and_what_is_missing_a_remedy) {
    std::set<std::string_view> names;
    for (const Facility& facility : facilities()) {
        EXPECT_TRUE(names.insert(facility.name).second) << facility.name;
        EXPECT_FALSE(facility.use.empty()) << facility.name;
        EXPECT_FALSE(facility.answer.empty()) << facility.name;
        EXPECT_EQ(facility.remedy.empty(), facility.here) << facility.name << ": " << facility.answer;
        EXPECT_EQ((facility.answer + facility.remedy).find('\n'), std::string::npos) << facility.name;
    }
    for (const char* name : {"tap", "packet", "xdp, skb mode", "xdp, native mode", "huge pages", "membarrier",
                             "user namespaces", "x86_64-w64-mingw32-gcc"})
        EXPECT_TRUE(names.contains(name)) << name;
}

TEST(Facility, asking_leaves_no_interface_behind) {
    facilities();
    EXPECT_EQ(::if_nametoindex("ndispool0"), 0U);
}

TEST(Facility, a_user_without_rights_is_told_what_needs_them) {
    const bool root = ::geteuid() == 0;
    ASSERT_TRUE(!root || ::setresuid(65534, 65534, 0) == 0);
    const std::vector<Facility> all = facilities();
    ASSERT_TRUE(!root || ::setresuid(0, 0, 0) == 0);
    EXPECT_FALSE(named(all, "packet").here);
    EXPECT_NE(named(all, "packet").remedy.find("setcap cap_net_raw"), std::string::npos);
    EXPECT_FALSE(named(all, "xdp, native mode").here);
}

TEST(Facility, a_program_is_looked_for_where_the_path_leads) {
    const std::string before = ::getenv("PATH") ? ::getenv("PATH") : "";
    ::setenv("PATH", "/nowhere", 1);
    const std::vector<Facility> without = facilities();
    ::setenv("PATH", before.c_str(), 1);
    EXPECT_FALSE(named(without, "iperf3").here);
    EXPECT_EQ(named(without, "iperf3").remedy, "apt-get install iperf3");
}

} // namespace
} // namespace ndispool::tool
