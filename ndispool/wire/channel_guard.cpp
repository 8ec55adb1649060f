#include "ndispool/wire/channel_guard.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>

namespace ndispool::wire {

namespace {

bool command(const Interface& interface, std::uint32_t number, ethtool_channels& channels) {
    channels.cmd = number;
    ifreq request{};
    request.ifr_data = reinterpret_cast<char*>(&channels);
    return interface.control(SIOCETHTOOL, request);
}

} // namespace

ChannelGuard::ChannelGuard(const Interface& interface) : interface_(interface) {
    ethtool_channels channels{};
    if (const auto link = interface.look())
        index_ = link->index;
    if (!command(interface, ETHTOOL_GCHANNELS, channels)) // a device without channels has one queue
        return;
    if (channels.combined_count + channels.rx_count <= 1)
        return;
    combined_ = channels.combined_count;
    received_ = channels.rx_count;
    channels.combined_count = combined_ > 0 ? 1 : 0;
    channels.rx_count = combined_ > 0 ? 0 : 1;
    single_ = command(interface, ETHTOOL_SCHANNELS, channels);
    if (!single_)
        combined_ = received_ = 0;
}

ChannelGuard::~ChannelGuard() {
    ethtool_channels channels{};
    const auto link = interface_.look();
    if (combined_ + received_ == 0 || !link || link->index != index_ ||
        !command(interface_, ETHTOOL_GCHANNELS, channels))
        return;
    channels.combined_count = combined_;
    channels.rx_count = received_;
    command(interface_, ETHTOOL_SCHANNELS, channels);
}

} // namespace ndispool::wire
