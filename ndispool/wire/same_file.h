// Whether one wire would write the file that the other reads or writes, so that whoever opens both can refuse the pair.
#pragma once

#include <string_view>

namespace ndispool::wire {

// True when one is record:, the other record: or replay:, and they lead to the same file by whatever names, or one is
// the NAME.part of the other's recording. Devices are never "the same file": they may be opened many times.
bool same_file(std::string_view spec_a, std::string_view spec_b);

} // namespace ndispool::wire
