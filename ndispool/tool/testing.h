// For the tests of this room: the line that something is refused with.
#pragma once

#include "ndispool/tool/exit_code.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace ndispool::tool::testing {

template <class Error = UsageError> std::string refusal(auto action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

inline bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

class Folder {
  public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "tool_test_XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::filesystem::path file(const std::string& name, const std::string& content = "") const {
        std::ofstream(path_ / name, std::ios::binary) << content;
        return path_ / name;
    }
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

} // namespace ndispool::tool::testing
