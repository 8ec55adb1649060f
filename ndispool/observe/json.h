// A JSON document written as it goes: fields keep their order, nothing is held in memory, integers are exact.
//   Callers:   one thread; every begin has its end, a value in an object follows its key.
//   Holds:     what comes out is valid JSON and valid UTF-8 whatever the strings hold: a byte that is not UTF-8 becomes
//              U+FFFD; a number that JSON cannot say (NaN, infinity) becomes null.
#pragma once

#include <concepts>
#include <cstdint>
#include <ostream>
#include <string_view>
#include <vector>

namespace ndispool::observe {

class JsonWriter {
  public:
    explicit JsonWriter(std::ostream& out) : out_(out) {}

    void begin_object() { begin('{'); }
    void end_object() { end('}'); }
    void begin_array() { begin('['); }
    void end_array() { end(']'); }

    void key(std::string_view name);

    void value(std::string_view text);
    void value(const char* text) { value(std::string_view(text)); }
    void value(std::same_as<bool> auto truth) { scalar(truth ? "true" : "false"); }
    void value(std::unsigned_integral auto number) requires(!std::same_as<decltype(number), bool>) { integer(number); }
    void value(double number); // the shortest text that reads back as the same number
    void null() { scalar("null"); }

    void member(std::string_view name, const auto& content) {
        key(name);
        value(content);
    }

  private:
    void begin(char bracket);
    void end(char bracket);
    void separate();
    void new_line();
    void scalar(std::string_view text);
    void integer(std::uint64_t number);
    void quoted(std::string_view text);

    std::ostream& out_;
    std::vector<bool> filled_; // of each open object and array: it has an entry
    bool after_key_ = false;
};

} // namespace ndispool::observe
