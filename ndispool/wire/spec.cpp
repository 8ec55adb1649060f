#include "ndispool/wire/spec.h"

#include <algorithm>

namespace ndispool::wire {

Spec::Spec(std::string_view text)
    : text(text), scheme(text.substr(0, text.find(':'))),
      argument(text.substr(std::min(scheme.size() + 1, text.size()))) {}

std::string Spec::message(std::string_view wrong_and_remedy) const {
    return std::string(text.empty() ? "wire ''" : text) + ": " + std::string(wrong_and_remedy);
}

} // namespace ndispool::wire
