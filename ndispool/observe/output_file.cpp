#include "ndispool/observe/output_file.h"

#include "ndispool/observe/utf8.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace ndispool::observe {

namespace fs = std::filesystem;

namespace {

int standard_output = STDOUT_FILENO;

[[noreturn]] void refuse(const fs::path& file, int error) {
    const std::string reason = std::generic_category().message(error);
    if (is_standard_output(file))
        throw OutputError("standard output cannot be written: " + reason);
    throw OutputError(fmt::format("{}: cannot be written: {}; name a file in a folder where you may write",
                                  printable(file.string()), reason));
}

bool is_special(const fs::path& file) {
    std::error_code missing;
    const fs::file_status status = fs::status(file, missing);
    return fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

// Writes everything or says why not.
int write_all(int descriptor, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::write(descriptor, content.data(), content.size());
        if (written < 0 && errno != EINTR)
            return errno;
        content.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return 0;
}

// Beside the file that a name leads to, so that giving it the name is one step. Gone at the end unless it got the name.
class Part {
  public:
    explicit Part(const fs::path& file) : file_(file), target_(file) {
        std::error_code missing;
        if (const fs::path real = fs::canonical(file, missing); !missing)
            target_ = real;
        if (fs::is_directory(target_, missing))
            refuse(file, EISDIR);
        part_ = target_.parent_path() / fmt::format(".{}.{}.part", target_.filename().string(), ::getpid());
        descriptor_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor_ < 0)
            refuse(file, errno);
    }
    ~Part() {
        ::close(descriptor_);
        ::unlink(part_.c_str());
    }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

    void become(std::string_view content) {
        struct stat old {};
        if (::stat(target_.c_str(), &old) == 0)
            ::fchmod(descriptor_, old.st_mode & 07777);
        if (const int error = write_all(descriptor_, content))
            refuse(file_, error);
        if (::fsync(descriptor_) != 0 || ::rename(part_.c_str(), target_.c_str()) != 0)
            refuse(file_, errno);
    }

  private:
    const fs::path file_; // as the user wrote it
    fs::path target_;
    fs::path part_;
    int descriptor_ = -1;
};

} // namespace

void keep_standard_output() {
    constexpr int out_of_the_way = 512; // of a loop that closes every file it can think of
    if (const int kept = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, out_of_the_way); kept >= 0)
        standard_output = kept;
}

bool is_standard_output(const fs::path& file) {
    return file == "-" || file == "/dev/stdout";
}

void require_writable(const fs::path& file) {
    if (!is_standard_output(file) && !is_special(file))
        const Part part(file);
}

void write_whole(const fs::path& file, std::string_view content) {
    if (!is_standard_output(file) && !is_special(file))
        return Part(file).become(content);
    const int descriptor =
        is_standard_output(file) ? ::dup(standard_output) : ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0)
        refuse(file, errno);
    const int error = write_all(descriptor, content);
    ::close(descriptor);
    if (error)
        refuse(file, error);
}

} // namespace ndispool::observe
