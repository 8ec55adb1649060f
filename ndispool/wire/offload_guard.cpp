#include "ndispool/wire/offload_guard.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string_view>

namespace ndispool::wire {

namespace {

constexpr std::array<std::string_view, 7> unwanted = {
    "rx-gro", "rx-gro-hw",        "rx-gro-list",          "rx-udp-gro-forwarding",
    "rx-lro", "rx-vlan-hw-parse", "rx-vlan-stag-hw-parse"};

constexpr std::size_t word_bits = 32;

// The ethtool structures end in an array whose length is only known at run time.
template <class Header, class Item> class Command {
  public:
    Command(std::uint32_t command, std::size_t items)
        : storage_((sizeof(Header) + items * sizeof(Item) + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t)) {
        header().cmd = command;
    }
    Header& header() { return *reinterpret_cast<Header*>(storage_.data()); }
    Item* items() { return reinterpret_cast<Item*>(reinterpret_cast<char*>(storage_.data()) + sizeof(Header)); }
    bool perform(const Interface& interface) {
        ifreq request{};
        request.ifr_data = reinterpret_cast<char*>(storage_.data());
        return interface.control(SIOCETHTOOL, request);
    }

  private:
    std::vector<std::uint64_t> storage_; // zero
};

std::size_t count_features(const Interface& interface) {
    Command<ethtool_sset_info, std::uint32_t> count(ETHTOOL_GSSET_INFO, 1);
    count.header().sset_mask = std::uint64_t{1} << ETH_SS_FEATURES;
    if (!count.perform(interface) || count.header().sset_mask == 0)
        return 0;
    return count.items()[0];
}

std::vector<std::string> feature_names(const Interface& interface) {
    const std::size_t count = count_features(interface);
    using Name = std::array<char, ETH_GSTRING_LEN>;
    Command<ethtool_gstrings, Name> strings(ETHTOOL_GSTRINGS, count);
    strings.header().string_set = ETH_SS_FEATURES;
    strings.header().len = static_cast<std::uint32_t>(count);
    std::vector<std::string> names;
    if (count == 0 || !strings.perform(interface))
        return names;
    for (std::size_t i = 0; i < count; ++i)
        names.emplace_back(strings.items()[i].data(), ::strnlen(strings.items()[i].data(), ETH_GSTRING_LEN));
    return names;
}

std::vector<bool> active_features(const Interface& interface, std::size_t count) {
    const std::size_t words = (count + word_bits - 1) / word_bits;
    Command<ethtool_gfeatures, ethtool_get_features_block> get(ETHTOOL_GFEATURES, words);
    get.header().size = static_cast<std::uint32_t>(words);
    std::vector<bool> active(count);
    if (!get.perform(interface))
        return active;
    for (std::size_t i = 0; i < count; ++i)
        active[i] = (get.items()[i / word_bits].active >> i % word_bits & 1) != 0;
    return active;
}

bool set_feature(const Interface& interface, std::size_t count, unsigned number, bool on) {
    const std::size_t words = (count + word_bits - 1) / word_bits;
    Command<ethtool_sfeatures, ethtool_set_features_block> set(ETHTOOL_SFEATURES, words);
    set.header().size = static_cast<std::uint32_t>(words);
    ethtool_set_features_block& block = set.items()[number / word_bits];
    block.valid = 1U << number % word_bits;
    block.requested = on ? block.valid : 0;
    return set.perform(interface);
}

int index_of(const Interface& interface) {
    const auto link = interface.look();
    return link ? link->index : 0;
}

} // namespace

OffloadGuard::OffloadGuard(const Interface& interface) : interface_(interface), index_(index_of(interface)) {
    const std::vector<std::string> names = feature_names(interface);
    const std::vector<bool> before = active_features(interface, names.size());
    for (unsigned i = 0; i < names.size(); ++i)
        if (before[i] && std::find(unwanted.begin(), unwanted.end(), names[i]) != unwanted.end())
            set_feature(interface, names.size(), i, false);
    const std::vector<bool> after = active_features(interface, names.size());
    for (unsigned i = 0; i < names.size(); ++i)
        if (before[i] && !after[i]) {
            numbers_.push_back(i);
            off_.push_back(names[i]);
        }
}

OffloadGuard::~OffloadGuard() {
    if (numbers_.empty() || index_of(interface_) != index_)
        return;
    const std::size_t count = count_features(interface_);
    for (unsigned number : numbers_)
        if (number < count)
            set_feature(interface_, count, number, true);
}

} // namespace ndispool::wire
