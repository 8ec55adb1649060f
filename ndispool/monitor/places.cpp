#include "ndispool/monitor/places.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <glob.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace ndispool::monitor {

namespace {

// $XDG_RUNTIME_DIR/ndispool, or nothing. A program that runs with another user's rights does not trust its environment.
std::filesystem::path session_folder() {
    const char* const folder = ::secure_getenv("XDG_RUNTIME_DIR");
    return folder && *folder == '/' ? std::filesystem::path(folder) / "ndispool" : std::filesystem::path{};
}

std::vector<std::filesystem::path> candidates() {
    const std::string user = std::to_string(::geteuid());
    std::vector<std::filesystem::path> folders;
    if (const std::filesystem::path session = session_folder(); !session.empty())
        folders.push_back(session);
    folders.push_back("/run/user/" + user + "/ndispool");
    if (::geteuid() == 0)
        folders.emplace_back("/run/ndispool");
    folders.push_back("/tmp/ndispool-" + user);
    return folders;
}

bool is_ours_alone(const Handle& folder) {
    struct stat facts {};
    return ::fstat(folder.number(), &facts) == 0 && S_ISDIR(facts.st_mode) && facts.st_uid == ::geteuid() &&
           (facts.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

} // namespace

Handle& Handle::operator=(Handle&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
}

Handle::~Handle() {
    if (number_ >= 0)
        ::close(number_);
}

Handle open_folder(const std::filesystem::path& folder) {
    return Handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

Handle own_folder() {
    for (const std::filesystem::path& place : candidates()) {
        ::mkdir(place.c_str(), S_IRWXU); // it may be there
        Handle folder = open_folder(place);
        if (folder && is_ours_alone(folder) && ::faccessat(folder.number(), ".", W_OK, AT_EACCESS) == 0)
            return folder;
    }
    return Handle();
}

std::vector<std::filesystem::path> all_folders() {
    std::vector<std::filesystem::path> folders;
    if (const std::filesystem::path session = session_folder(); !session.empty())
        folders.push_back(session);
    for (const char* pattern : {"/run/user/*/ndispool", "/run/ndispool", "/tmp/ndispool-*"}) {
        glob_t found{};
        if (::glob(pattern, 0, nullptr, &found) == 0)
            for (std::size_t i = 0; i < found.gl_pathc; ++i)
                if (std::find(folders.begin(), folders.end(), found.gl_pathv[i]) == folders.end())
                    folders.emplace_back(found.gl_pathv[i]);
        ::globfree(&found);
    }
    return folders;
}

sockaddr_un address_in(const Handle& folder, const std::string& name) {
    // A socket's address has room for 108 bytes; this way round the folder's name costs none of them.
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder.number(), name.c_str());
    return address;
}

} // namespace ndispool::monitor
