#include "ndispool/tool/rules.h"

#include <gtest/gtest.h>
#include <set>

namespace ndispool::tool {
namespace {

TEST(Rules, every_rule_is_there_once_with_a_sentence) {
    std::set<std::string> seen;
    for (const observe::RuleText& rule : rule_texts()) {
        EXPECT_TRUE(seen.insert(rule.id).second) << rule.id;
        EXPECT_TRUE(rule.summary.ends_with(".")) << rule.id << " has no summary";
        EXPECT_FALSE(rule.help.empty()) << rule.id;
    }
    for (const char* id : {"pool-leak", "ignored-resources", "crash", "hang", "lost"})
        EXPECT_TRUE(seen.contains(id)) << id;
}

} // namespace
} // namespace ndispool::tool
