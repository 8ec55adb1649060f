#include "ndispool/tool/command_file.h"

#include "ndispool/tool/exit_code.h"
#include "ndispool/tool/say.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace ndispool::tool {

CommandFile::CommandFile(const std::filesystem::path& file) {
    // A pipe is opened for writing too, so that it does not end when the last writer goes.
    const bool pipe = std::filesystem::is_fifo(file);
    file_ = file == "-" ? STDIN_FILENO : ::open(file.c_str(), (pipe ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_CLOEXEC);
    struct stat facts {};
    if (file_ < 0 || ::fstat(file_, &facts) != 0)
        throw UsageError(fmt::format("--control: {}: cannot be read: {}; give a file of commands, a pipe (mkfifo) or -",
                                     file.string(), std::generic_category().message(errno)));
    if (S_ISDIR(facts.st_mode))
        throw UsageError(
            fmt::format("--control: {}: is a folder; give a file of commands, a pipe (mkfifo) or -", file.string()));
    whole_ = S_ISREG(facts.st_mode);
    if (whole_)
        while (!ended_)
            read_some();
}

CommandFile::~CommandFile() {
    if (file_ > STDIN_FILENO)
        ::close(file_);
}

void CommandFile::read_some() {
    pollfd ready{file_, POLLIN, 0};
    if (ended_ || ::poll(&ready, 1, 0) <= 0)
        return;
    std::array<char, 4096> bytes;
    const ssize_t count = ::read(file_, bytes.data(), bytes.size());
    if (count > 0)
        unread_.append(bytes.data(), static_cast<std::size_t>(count));
    else if (count == 0 || (errno != EAGAIN && errno != EINTR))
        ended_ = true;
}

std::optional<std::string> CommandFile::next() {
    if (unread_.find('\n') == std::string::npos)
        read_some();
    const std::size_t end = unread_.find('\n');
    if (end == std::string::npos && !(ended_ && !unread_.empty())) // the last line may lack its end
        return std::nullopt;
    std::string line = unread_.substr(0, end);
    unread_.erase(0, end == std::string::npos ? end : end + 1);
    return line;
}

bool CommandFile::more() const {
    return whole_ && !unread_.empty();
}

void CommandFile::answer(std::string_view line) {
    say(line);
}

} // namespace ndispool::tool
