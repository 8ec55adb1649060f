// A wire as the user writes it: SCHEME or SCHEME:ARGUMENT.
#pragma once

#include <string>
#include <string_view>

namespace ndispool::wire {

// Views into the text it was made of.
struct Spec {
    std::string_view text;     // the whole; every message starts with it
    std::string_view scheme;   // before the first colon
    std::string_view argument; // behind it, where more colons may be; empty when there is none

    explicit Spec(std::string_view text);
    bool has_colon() const { return scheme.size() < text.size(); }
    std::string message(std::string_view wrong_and_remedy) const;
};

} // namespace ndispool::wire
