// Commands that a test gives to a run.
#pragma once

#include "ndispool/host/run.h"

#include <deque>
#include <initializer_list>
#include <string>
#include <vector>

namespace ndispool::whole {

// Commands of a test, and what came of them.
class Script final : public host::CommandSource {
  public:
    Script(std::initializer_list<const char*> lines) : lines_(lines.begin(), lines.end()) {}

    std::optional<std::string> next() override {
        if (lines_.empty())
            return std::nullopt;
        std::string line = lines_.front();
        lines_.pop_front();
        return line;
    }
    bool more() const override { return !lines_.empty(); }
    void answer(std::string_view line) override { answers.emplace_back(line); }

    std::vector<std::string> answers;

  private:
    std::deque<std::string> lines_;
};

} // namespace ndispool::whole
