#include "ndispool/observe/table.h"

#include "ndispool/observe/utf8.h"

#include <algorithm>

namespace ndispool::observe {

namespace {

std::string trimmed(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

} // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
    // An upper heading needs room of its own when there is another one to its left.
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const bool crowded = i > 0 && !columns_[i - 1].over.empty();
        widths_.push_back(std::max(columns_[i].heading.size(), crowded ? columns_[i].over.size() : 0));
    }
}

void Table::add(std::vector<std::string> cells) {
    for (std::size_t i = 0; i < cells.size(); ++i)
        widths_[i] = std::max(widths_[i], columns(cells[i]));
    rows_.push_back(std::move(cells));
}

std::string Table::upper_line() const {
    std::string line;
    std::size_t end = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        end += widths_[i] + (i > 0);
        const std::string_view over = columns_[i].over;
        if (over.empty())
            continue;
        // Right-aligned with its column, at least one space behind the one before.
        const std::size_t at = std::max(end - std::min(end, over.size()), line.empty() ? 0 : line.size() + 1);
        line.resize(at, ' ');
        line += over;
    }
    return line;
}

std::string Table::line(const std::vector<std::string>& cells) const {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string padding(widths_[i] - std::min(widths_[i], columns(cells[i])), ' ');
        line += i > 0 ? " " : "";
        line += columns_[i].number ? padding + cells[i] : cells[i] + padding;
    }
    return trimmed(std::move(line));
}

std::string Table::text() const {
    std::vector<std::string> headings;
    for (const Column& column : columns_)
        headings.emplace_back(column.heading);
    std::string text = upper_line();
    text += text.empty() ? "" : "\n";
    text += line(headings) + "\n";
    for (const auto& row : rows_)
        text += line(row) + "\n";
    return text;
}

} // namespace ndispool::observe
