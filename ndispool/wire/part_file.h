// An output file that appears under its name only when it is complete. Until then it is NAME.part.
//   Callers:  one thread.
//   Holds:    nobody else writes the same NAME.part at the same time (it is locked); a file that had the name stays as
//   it was
//             until commit(). Without commit() the destructor removes NAME.part.
//   In place: what is not a regular file (a pipe, a device, all of /dev and /proc) is opened and written as it is.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>

#include "ndispool/wire/spec.h"

namespace ndispool::wire {

// Where the bytes of `name` are until it is complete: beside the file that `name` leads to.
std::filesystem::path part_path(const std::filesystem::path& name);

class PartFile {
  public:
    explicit PartFile(const Spec& spec); // its argument is the name; throws Error
    ~PartFile();
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;

    // A stream for the bytes, the caller's to close before commit(). Call it once. Throws Error.
    std::FILE* stream();
    bool in_place() const { return part_.empty(); }
    void commit(); // gives the file its name; throws Error

  private:
    explicit PartFile(std::string spec);
    void open_part(const Spec& spec);
    void open_in_place(const Spec& spec);

    const std::string spec_;
    std::filesystem::path part_;  // empty when in place or committed
    std::filesystem::path final_; // what part_ becomes
    int descriptor_ = -1;         // holds the lock
};

} // namespace ndispool::wire
