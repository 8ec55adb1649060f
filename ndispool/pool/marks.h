// One bit for each of a row of things, in words that somebody else owns and zeroed.
//   Callers:   one at a time.
//   Not here:  the words' memory and the number of things: an index is below the number the words were made for.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace ndispool::pool {

class Marks {
  public:
    static constexpr std::size_t words_for(std::size_t things) { return (things + 63) / 64; }

    explicit Marks(std::uint64_t* words) : words_(words) {}

    [[nodiscard]] bool test(std::size_t index) const { return words_[index / 64] >> (index % 64) & 1; }
    void set(std::size_t index) { words_[index / 64] |= bit(index); }
    void clear(std::size_t index) { words_[index / 64] &= ~bit(index); }

    // The lowest index without a mark; there must be one.
    [[nodiscard]] std::size_t first_clear() const {
        std::size_t word = 0;
        while (words_[word] == ~std::uint64_t{0})
            ++word;
        return word * 64 + static_cast<std::size_t>(std::countr_one(words_[word]));
    }

    // Calls visit(index) for every mark, lowest first, among the first `things`.
    template <class Visit> void for_each(std::size_t things, Visit visit) const {
        for (std::size_t word = 0; word < words_for(things); ++word)
            for (std::uint64_t left = words_[word]; left != 0; left &= left - 1)
                visit(word * 64 + static_cast<std::size_t>(std::countr_zero(left)));
    }

  private:
    static constexpr std::uint64_t bit(std::size_t index) { return std::uint64_t{1} << (index % 64); }

    std::uint64_t* words_;
};

} // namespace ndispool::pool
