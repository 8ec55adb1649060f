#include "ndispool/wire/part_file.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ndispool/wire/one_line.h"
#include "ndispool/wire/wire.h"

namespace ndispool::wire {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse(const Spec& spec, const std::string& wrong_and_remedy) {
    throw Error(Error::Kind::usage_or_file, spec.message(wrong_and_remedy));
}

[[noreturn]] void refuse_errno(const Spec& spec, int error) {
    refuse(spec, "cannot be written: " + errno_text(error) + "; name a file in a directory where you may write");
}

// Names such as /dev/stdout may lead to a regular file, but another program holds that file open: it must stay the same
// file.
bool special_place(const fs::path& name) {
    std::error_code ignored;
    const fs::path folder = fs::weakly_canonical(fs::absolute(name, ignored).parent_path(), ignored);
    return folder == "/dev" || folder.native().starts_with("/proc/");
}

// The file that `name` leads to through links; `name` itself while there is none.
fs::path target_of(const fs::path& name) {
    std::error_code missing;
    const fs::path target = fs::canonical(name, missing);
    return missing ? name : target;
}

bool same_inode(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

} // namespace

fs::path part_path(const fs::path& name) {
    return fs::path(target_of(name)) += ".part";
}

PartFile::PartFile(std::string spec) : spec_(std::move(spec)) {}

// Delegates, so that the destructor cleans up when this throws.
PartFile::PartFile(const Spec& spec) : PartFile(std::string(spec.text)) {
    const std::string name(spec.argument);
    struct stat status {};
    const bool exists = ::stat(name.c_str(), &status) == 0;
    if (exists && S_ISDIR(status.st_mode))
        refuse(spec, "this is a directory; name a file in it");
    const bool in_place = (exists && !S_ISREG(status.st_mode)) || special_place(name);
    if (exists && !in_place && ::access(name.c_str(), W_OK) != 0)
        refuse_errno(spec, errno);
    in_place ? open_in_place(spec) : open_part(spec);
}

PartFile::~PartFile() {
    if (!part_.empty())
        ::unlink(part_.c_str());
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

void PartFile::open_part(const Spec& spec) {
    const fs::path part = part_path(spec.argument);
    descriptor_ = ::open(part.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor_ < 0)
        refuse_errno(spec, errno);
    // Lock first, empty it then: it may be another run's. That run may also have given it its final name in between.
    struct stat opened {
    }, named{};
    const bool ours = ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 && ::fstat(descriptor_, &opened) == 0 &&
                      ::stat(part.c_str(), &named) == 0 && same_inode(opened, named);
    if (!ours)
        refuse(spec, "another recording is writing this file; wait for its end or name another file");
    part_ = part;
    final_ = target_of(spec.argument);
    if (::ftruncate(descriptor_, 0) != 0)
        refuse_errno(spec, errno);
}

void PartFile::open_in_place(const Spec& spec) {
    // A second open of /dev/stdout would write at the front of the file again, and fails for a socket.
    descriptor_ = spec.argument == "/dev/stdout"
                      ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                      : ::open(std::string(spec.argument).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor_ < 0)
        refuse_errno(spec, errno);
}

std::FILE* PartFile::stream() {
    const int descriptor = ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
    if (descriptor < 0)
        refuse_errno(Spec(spec_), errno);
    return ::fdopen(descriptor, "wb");
}

void PartFile::commit() {
    if (part_.empty())
        return;
    if (::rename(part_.c_str(), final_.c_str()) != 0)
        refuse_errno(Spec(spec_), errno);
    part_.clear();
}

} // namespace ndispool::wire
