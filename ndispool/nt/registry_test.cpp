#include "ndispool/nt/registry.h"

#include <gtest/gtest.h>

namespace ndispool::nt {
namespace {

TEST(RegistryKey, keeps_values_of_every_type) {
    RegistryKey key;
    key.set_value(u"dword", 7u);
    key.set_value(u"string", std::u16string(u"text"));
    key.set_value(u"multi", std::vector<std::u16string>{u"a", u"b"});
    key.set_value(u"binary", std::vector<std::uint8_t>{1, 2});
    EXPECT_EQ(std::get<std::uint32_t>(*key.value(u"dword")), 7u);
    EXPECT_EQ(std::get<std::u16string>(*key.value(u"string")), u"text");
    EXPECT_EQ(std::get<std::vector<std::u16string>>(*key.value(u"multi")).size(), 2u);
    EXPECT_EQ(std::get<std::vector<std::uint8_t>>(*key.value(u"binary")), (std::vector<std::uint8_t>{1, 2}));
    EXPECT_FALSE(key.value(u"absent"));
}

TEST(RegistryKey, compares_names_without_case) {
    RegistryKey key;
    key.set_value(u"Speed", 1u);
    key.set_value(u"SPEED", 2u);
    EXPECT_EQ(std::get<std::uint32_t>(*key.value(u"speed")), 2u);
    RegistryKey& sub = key.make(u"Sub");
    EXPECT_EQ(key.find(u"sub"), &sub);
    EXPECT_TRUE(key.remove_value(u"sPeEd"));
    EXPECT_FALSE(key.remove_value(u"speed"));
    EXPECT_FALSE(key.value(u"Speed"));
}

TEST(RegistryKey, makes_and_finds_keys_by_path) {
    RegistryKey root;
    RegistryKey& deep = root.make(u"System\\Control\\Class");
    EXPECT_EQ(deep.name(), u"Class");
    EXPECT_EQ(root.find(u"\\System\\\\Control\\Class\\"), &deep);
    EXPECT_EQ(root.find(u"System")->find(u"Control\\Class"), &deep);
    EXPECT_EQ(root.find(u"System\\Other\\Class"), nullptr);
    EXPECT_EQ(&root.make(u"system\\CONTROL\\class"), &deep) << "made once";
    EXPECT_EQ(root.find(u""), &root);
}

TEST(RegistryKey, numbers_its_subkeys_in_the_order_of_their_names) {
    RegistryKey root;
    root.make(u"b");
    root.make(u"A");
    EXPECT_EQ(root.subkey(0)->name(), u"A");
    EXPECT_EQ(root.subkey(1)->name(), u"b");
    EXPECT_EQ(root.subkey(2), nullptr);
}

} // namespace
} // namespace ndispool::nt
