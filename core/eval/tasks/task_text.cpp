#include "eval/tasks/task_text.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "base/unicode.h"

namespace skd {
namespace {

/// Length of the white space that ends `text`; 0 of none.
std::size_t trailingSpace(std::string_view text) {
    if (text.empty()) return 0;
    const char* end = text.data() + text.size();
    const char* last = unicode::previous(text.data(), end);
    const auto first = static_cast<unsigned char>(*last);
    const bool separator = first >= 0x1C && first <= 0x1F;
    const auto& table = unicode::CharacterTable::instance();
    return separator || (table.at(last, end).classes & unicode::White) != 0
               ? static_cast<std::size_t>(end - last)
               : 0;
}

std::size_t leadingSpace(std::string_view text) {
    if (text.empty()) return 0;
    const auto first = static_cast<unsigned char>(text.front());
    if (first >= 0x1C && first <= 0x1F) return 1;
    const auto found =
        unicode::CharacterTable::instance().at(text.data(), text.data() + text.size());
    return (found.classes & unicode::White) != 0 ? found.length : 0;
}

/// "[" up to the next "]" in the same line, from the left.
std::string withoutBrackets(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t open = text.find('[');
        out += text.substr(0, open);
        if (open == std::string_view::npos) break;
        text.remove_prefix(open);
        const std::size_t stop = text.find_first_of("]\n");
        if (stop != std::string_view::npos && text[stop] == ']') {
            text.remove_prefix(stop + 1);
            continue;
        }
        out += '[';
        text.remove_prefix(1);
    }
    return out;
}

struct MathQaMatch {
    std::string_view choice;
    std::size_t length = 0;
};

/// The choice that `text` begins with, as "[abcd] \) .*?, |e \) .*?$" finds it.
std::optional<MathQaMatch> mathQaMatch(std::string_view text) {
    constexpr std::size_t kLabel = 4;
    if (text.size() < kLabel || text.substr(1, 3) != " ) ") return std::nullopt;
    const std::size_t line = text.find('\n', kLabel);
    if (text[0] >= 'a' && text[0] <= 'd') {
        const std::size_t comma = text.find(", ", kLabel);
        if (comma == std::string_view::npos || comma > line) return std::nullopt;
        return MathQaMatch{text.substr(kLabel, comma + 2 - kLabel), comma + 2};
    }
    const bool ends = line == std::string_view::npos || line + 1 == text.size();
    if (text[0] != 'e' || !ends) return std::nullopt;
    const std::size_t end = std::min(line, text.size());
    return MathQaMatch{text.substr(kLabel, end - kLabel), end};
}

}  // namespace

std::string_view withoutTrailingSpace(std::string_view text) {
    while (const std::size_t length = trailingSpace(text)) text.remove_suffix(length);
    return text;
}

std::string_view withoutOuterSpace(std::string_view text) {
    while (const std::size_t length = leadingSpace(text)) text.remove_prefix(length);
    return withoutTrailingSpace(text);
}

std::string hellaSwagText(std::string_view text) {
    std::string out(withoutOuterSpace(text));
    replaceAll(out, " [title]", ". ");
    out = withoutBrackets(out);
    replaceAll(out, "  ", " ");
    return out;
}

std::vector<std::string> mathQaChoices(std::string_view options) {
    std::vector<std::string> choices;
    while (!options.empty()) {
        const std::optional<MathQaMatch> match = mathQaMatch(options);
        if (!match) {
            options.remove_prefix(1);
            continue;
        }
        std::string_view choice = match->choice;
        while (!choice.empty() && (choice.back() == ' ' || choice.back() == ','))
            choice.remove_suffix(1);
        choices.emplace_back(choice);
        options.remove_prefix(match->length);
    }
    return choices;
}

}  // namespace skd
