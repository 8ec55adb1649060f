// The file that --control names: commands for a run, one a line, from a file, a pipe or standard input.
//   Callers:   the run's thread. next() never waits.
//   Holds:     the lines of an ordinary file are all there is, and keep the run going until they are done; a pipe may be
//              written to at any time, by one program after another.
#pragma once

#include "ndispool/host/run.h"

#include <filesystem>

namespace ndispool::tool {

class CommandFile final : public host::CommandSource {
  public:
    explicit CommandFile(const std::filesystem::path& file); // "-": standard input. Throws UsageError.
    ~CommandFile() override;
    CommandFile(const CommandFile&) = delete;
    CommandFile& operator=(const CommandFile&) = delete;

    std::optional<std::string> next() override;
    bool more() const override;
    bool open() const override { return whole_ ? more() : !ended_; }
    void answer(std::string_view line) override;

  private:
    void read_some();

    int file_ = -1;
    bool whole_ = false; // an ordinary file
    bool ended_ = false; // of an ordinary file or standard input
    std::string unread_; // from the front of the next line
};

} // namespace ndispool::tool
