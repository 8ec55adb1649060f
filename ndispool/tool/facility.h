// What this machine offers to ndispool: one facility a question, asked by using it, in a process that ends with the question.
//   Callers:   one thread of a program that has no other.
//   Holds:     nothing of the machine is changed: what a question makes (a namespace, a device) goes with its process.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ndispool::tool {

struct Facility {
    std::string_view name;
    std::string_view use; // what ndispool does with it
    bool here = false;
    std::string answer; // "yes", "no", "yes, within unshare -Urn", an amount; the system's words for no
    std::string remedy; // what would enable it, where it is not here
};

// In the order in which they are to be shown.
std::vector<Facility> facilities();

} // namespace ndispool::tool
