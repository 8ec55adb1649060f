// Rows of text under headings, in columns as wide as they need to be. One space between columns and no line ends in
// one.
//   Holds:     what does not fit on 100 columns does not wrap: put the column of unlimited text last.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ndispool::observe {

class Table {
  public:
    struct Column {
        std::string_view over;    // upper line of the heading; right-aligned, may reach over empty ones to its left
        std::string_view heading; // lower line
        bool number = true;       // right-aligned; text is left-aligned
    };

    explicit Table(std::vector<Column> columns);

    void add(std::vector<std::string> cells); // one for each column
    std::string text() const;

  private:
    std::string upper_line() const;
    std::string line(const std::vector<std::string>& cells) const;

    const std::vector<Column> columns_;
    std::vector<std::size_t> widths_;
    std::vector<std::vector<std::string>> rows_;
};

} // namespace ndispool::observe
