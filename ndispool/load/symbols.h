// The functions and variables of an image by address.
//   Holds:     sorted by value; constant after construction.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ndispool::load {

struct Symbol {
    std::uint64_t value = 0;
    std::uint64_t bytes = 0; // 0: not known (assembler code); it then reaches to the next symbol
    std::string name;
};

class Symbols {
  public:
    Symbols() = default;
    explicit Symbols(std::vector<Symbol> symbols);

    // The symbol that covers `value`, or null. Of several that begin at one place the longest.
    const Symbol* at(std::uint64_t value) const;

  private:
    std::vector<Symbol> sorted_;
};

} // namespace ndispool::load
