#include "corpus/text_sources_text.h"

#include <algorithm>

#include "base/text.h"

namespace skd {
namespace {

std::int64_t countLines(std::string_view text) {
    return std::count(text.begin(), text.end(), '\n');
}

bool isText(std::string_view text) {
    return text.find('\0') == std::string_view::npos && isValidUtf8(text);
}

/// Corrupt with the line (`firstLine` + its place in the text) where `text` is not UTF-8 or holds
/// a NUL byte, as no text does.
Status checkText(std::string_view text, const std::string& name, std::int64_t firstLine) {
    if (isText(text)) return {};
    std::int64_t number = firstLine;
    for (const std::string_view line : splitLines(text)) {
        if (!isText(line)) break;
        ++number;
    }
    const bool nul = text.find('\0') != std::string_view::npos && isValidUtf8(text);
    return fail(ErrorCode::Corrupt, strCat(name, ":", number,
                                           nul ? ": holds a NUL byte, so it is not a text file"
                                               : ": not UTF-8 text; convert it (iconv -t UTF-8)"));
}

/// True for "= Title =", an article's heading in WikiText; "= = Section = =" is none.
bool isArticleHeading(std::string_view line) {
    line = trimmed(line);
    if (line.size() < 5 || !line.starts_with("= ") || !line.ends_with(" =")) return false;
    const std::string_view title = trimmed(line.substr(2, line.size() - 4));
    return !title.empty() && title.front() != '=' && title.back() != '=';
}

}  // namespace

std::size_t bestCut(std::string_view text, std::size_t limit) {
    const std::string_view head = text.substr(0, limit);
    // A cut in the first half would make needlessly many short documents.
    if (const std::size_t blank = head.rfind("\n\n");
        blank != std::string_view::npos && blank + 2 > limit / 2)
        return blank + 2;
    if (const std::size_t line = head.rfind('\n'); line != std::string_view::npos) return line + 1;
    std::size_t cut = head.size();
    while (cut > 1 && cut < text.size() && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80)
        --cut;
    return cut;
}

Result<Visit> visitText(SourceStream& stream, const std::string& name,
                        const DocumentVisitor& visit) {
    std::string pending;
    std::int64_t line = 1;
    const auto give = [&](std::size_t size) -> Result<Visit> {
        SourceDocument document{pending.substr(0, size), line == 1 ? name : strCat(name, ":", line),
                                stream.position()};
        pending.erase(0, size);
        SKD_CHECK(checkText(document.text, name, line));
        line += countLines(document.text);
        return visit(std::move(document));
    };
    while (true) {
        SKD_TRY(const std::string_view bytes, stream.next());
        if (bytes.empty()) break;
        pending += bytes;
        while (pending.size() > kLongestDocument) {
            SKD_TRY(const Visit answer, give(bestCut(pending, kLongestDocument)));
            if (answer == Visit::Stop) return Visit::Stop;
        }
    }
    return pending.empty() ? Result<Visit>(Visit::Continue) : give(pending.size());
}

Result<Visit> visitArticles(SourceStream& stream, const std::string& name,
                            const DocumentVisitor& visit) {
    LineReader reader(stream);
    std::string article;
    std::int64_t first = 1, headings = 0;
    bool afterBlank = true;
    const auto give = [&]() -> Result<Visit> {
        const std::size_t last = article.find_last_not_of(" \t\r\v\f\n");
        if (last == std::string::npos) return Visit::Continue;
        // The line that the last word stands on is kept whole.
        article.resize(article.find('\n', last) + 1);
        SKD_CHECK(checkText(article, name, first));
        SourceDocument document{std::move(article), strCat(name, ":", first), stream.position()};
        article.clear();
        return visit(std::move(document));
    };
    while (true) {
        SKD_TRY(const bool more, located(reader.next(), name));
        if (!more) break;
        const std::string_view line = reader.line();
        const bool blank = trimmed(line).empty();
        const bool heading = afterBlank && isArticleHeading(line);
        afterBlank = blank;
        if (heading || article.size() + line.size() > kLongestDocument) {
            SKD_TRY(const Visit answer, give());
            if (answer == Visit::Stop) return Visit::Stop;
        }
        headings += heading;
        if (article.empty() && blank) continue;
        if (article.empty()) first = reader.number();
        article += line;
        article += '\n';
    }
    if (headings == 0 && reader.number() > 1)
        return fail(ErrorCode::InvalidInput,
                    strCat(name,
                           " has no article heading (\"= Title =\" between blank "
                           "lines), so it is not WikiText; give the format text"));
    return give();
}

}  // namespace skd
