#include "cli/report_table.h"

#include <algorithm>
#include <iostream>

namespace skd::cli {
namespace {

/// Characters, not bytes: what a terminal shows.
std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

void printRow(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        line += (i == 0 ? "" : "  ") + cells[i];
        if (i + 1 < cells.size()) line.append(widths[i] - width(cells[i]), ' ');
    }
    std::cout << line << "\n";
}

}  // namespace

void printReportTable(const ReportTable& table) {
    std::vector<std::size_t> widths;
    for (const std::string& header : table.header) widths.push_back(width(header));
    for (const auto& row : table.rows)
        for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
            widths[i] = std::max(widths[i], width(row[i]));
    if (!table.title.empty()) std::cout << "\n" << table.title << "\n";
    printRow(table.header, widths);
    for (const auto& row : table.rows) printRow(row, widths);
    for (const std::string& note : table.notes) std::cout << note << "\n";
}

}  // namespace skd::cli
