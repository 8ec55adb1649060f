// Names for code addresses: function, offset, file and line, from the debug information of the file the code is in.
//   Callers:   any thread, while the driver is mapped. Slow: for findings only.
//   Holds:     an address without debug information has its module and, where a symbol covers it, its function.
#pragma once

#include "ndispool/verify/stack.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ndispool::verify {

struct NamedFrame {
    std::string function;     // empty: no symbol covers it
    std::uint64_t offset = 0; // from the begin of the function, else of the module
    std::string file;         // as the compiler wrote it down; empty: not known
    unsigned line = 0;
    std::string module; // file name without folder and extension
    std::uint64_t address = 0;
};

// `return_address` of a call: the line is that of the call.
NamedFrame name_of(const void* return_address);
std::vector<NamedFrame> name_stack(StackId stack);

} // namespace ndispool::verify
