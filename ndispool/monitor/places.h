// Where processes that can be asked leave their sockets: one folder for each user, in it a socket for each process, named by its
// number.
//   Callers:   any thread.
//   Holds:     a socket is made only in a folder that belongs to the caller and that nobody else may enter.
//   Not here:  what is said over a socket.
#pragma once

#include <filesystem>
#include <string>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <vector>

namespace ndispool::monitor {

// Closes what open(2), socket(2) and their like gave; negative: nothing.
class Handle {
  public:
    explicit Handle(int number = -1) noexcept : number_(number) {}
    Handle(Handle&& other) noexcept : number_(other.number_) { other.number_ = -1; }
    Handle& operator=(Handle&& other) noexcept;
    ~Handle();
    int number() const noexcept { return number_; }
    explicit operator bool() const noexcept { return number_ >= 0; }

  private:
    int number_;
};

// The caller's own folder, made if absent: ndispool/ in $XDG_RUNTIME_DIR, /run/user/UID or (root) /run, else /tmp/ndispool-UID.
// Nothing: none of them can be had.
Handle own_folder();

// All of those of all users that are there.
std::vector<std::filesystem::path> all_folders();

// The address of a socket in a folder that was opened, however long the folder's name is.
sockaddr_un address_in(const Handle& folder, const std::string& name);

// A folder to look into; nothing: it is not there or not for the caller.
Handle open_folder(const std::filesystem::path& folder);

} // namespace ndispool::monitor
