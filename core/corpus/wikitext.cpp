#include "corpus/wikitext.h"

#include "base/text.h"

namespace skd {

std::vector<std::string_view> wikitextRows(std::string_view raw) {
    std::vector<std::string_view> rows;
    while (!raw.empty()) {
        const std::size_t newline = raw.find('\n');
        const std::size_t size = newline == std::string_view::npos ? raw.size() : newline + 1;
        const std::string_view line = raw.substr(0, size);
        const bool blank = line.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
        rows.push_back(blank ? line.substr(0, 0) : line);
        raw.remove_prefix(size);
    }
    return rows;
}

std::string joinWikitextRows(std::string_view raw) {
    return joined(wikitextRows(raw), "\n\n", [](std::string_view row) { return row; });
}

}  // namespace skd
