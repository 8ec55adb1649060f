// Guesses which word of a list a mistyped word was meant to be.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace ndispool::wire {

// Letters to insert, remove or change to make one word of the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The word at the smallest distance; empty when none is near: at most two letters, and less than half of `word`.
std::string_view nearest(std::string_view word, std::span<const std::string_view> words);

} // namespace ndispool::wire
