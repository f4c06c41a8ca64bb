#include "corpus/wikitext.h"

#include <array>
#include <utility>

#include "base/text.h"
#include "base/unicode.h"

namespace skd {
namespace {

/// Python's \s on text: White_Space and the four ASCII separators.
bool isSpace(char32_t c) {
    return (c >= 0x1C && c <= 0x1F) ||
           (unicode::CharacterTable::instance().classes(c) & unicode::White) != 0;
}

std::string_view stripped(std::string_view text) {
    const char* begin = text.data();
    const char* end = begin + text.size();
    std::uint8_t length = 0;
    while (begin < end && isSpace(unicode::decode(begin, length))) begin += length;
    while (begin < end) {
        const char* last = unicode::previous(begin, end);
        if (!isSpace(unicode::decode(last, length))) break;
        end = last;
    }
    return {begin, static_cast<std::size_t>(end - begin)};
}

/// Trims what stands between `open` and the next `close`; what is open at the end stays.
void trimInside(std::string& text, char open, char close) {
    std::string result;
    std::size_t begin = 0;
    for (std::size_t at = text.find(open); at != std::string::npos; at = text.find(open, begin)) {
        const std::size_t end = text.find(close, at + 1);
        if (end == std::string::npos) break;
        result.append(text, begin, at + 1 - begin);
        result.append(stripped(std::string_view(text).substr(at + 1, end - at - 1)))
            .push_back(close);
        begin = end + 1;
    }
    text = std::move(result.append(text, begin));
}

/// The task's pattern /' [0-9]/ has slashes of another language in it, and so has its replacement.
void replaceSlashedDigit(std::string& text) {
    for (std::size_t at = text.find("/' "); at != std::string::npos; at = text.find("/' ", at + 1))
        if (at + 4 < text.size() && text[at + 3] >= '0' && text[at + 3] <= '9' &&
            text[at + 4] == '/')
            text.replace(at, 5, "/'[0-9]/");
}

using Replacements = std::initializer_list<std::pair<std::string_view, std::string_view>>;

void replaceEach(std::string& text, const Replacements& replacements) {
    for (const auto& [from, to] : replacements) replaceAll(text, from, to);
}

bool isTitle(std::string_view line) {
    std::string plain(line);
    replaceEach(plain, {{"= = =", "==="}, {"= =", "=="}});
    const std::string_view title = stripped(plain);
    return title.starts_with("= ") && title.ends_with(" =");
}

}  // namespace

std::vector<std::string> wikitextPages(std::string_view raw) {
    std::vector<std::string> pages;
    std::string page;
    bool first = true;
    const auto close = [&] {
        if (!pages.empty() || !stripped(page).empty()) pages.push_back(std::move(page));
        page.clear();
    };
    for (std::size_t begin = 0; begin <= raw.size();) {
        const std::size_t end = std::min(raw.find('\n', begin), raw.size());
        const std::string_view line = raw.substr(begin, end - begin);
        if (!first && isTitle(line)) close(), first = true;
        if (!first) page += '\n';
        page += line;
        first = false;
        begin = end + 1;
    }
    close();
    return pages;
}

std::string detokenizeWikitext(std::string page) {
    replaceAll(page, "s '", "s'");
    replaceSlashedDigit(page);
    replaceEach(page, {{" @-@ ", "-"}, {" @,@ ", ","}, {" @.@ ", "."}});
    replaceEach(
        page,
        {{" : ", ": "}, {" ; ", "; "}, {" . ", ". "}, {" ! ", "! "}, {" ? ", "? "}, {" , ", ", "}});
    for (const auto& [open, close] : std::array<std::pair<char, char>, 5>{
             {{'(', ')'}, {'[', ']'}, {'{', '}'}, {'"', '"'}, {'\'', '\''}}})
        trimInside(page, open, close);
    replaceEach(page, {{"= = = =", "===="},
                       {"= = =", "==="},
                       {"= =", "=="},
                       {" \u00B0 ", "\u00B0"},
                       {" \n", "\n"},
                       {"\n ", "\n"},
                       {" N ", " 1 "},
                       {" 's", "'s"}});
    return page;
}

std::int64_t countWikitextWords(std::string_view page) {
    std::int64_t runs = 0;
    bool inside = false;
    std::uint8_t length = 0;
    for (const char* p = page.data(); p < page.data() + page.size(); p += length) {
        const bool space = isSpace(unicode::decode(p, length));
        if (space && !inside) ++runs;
        inside = space;
    }
    return runs + 1;
}

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
