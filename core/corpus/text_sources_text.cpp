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
        const auto bytes = stream.next();
        if (!bytes) return fail(bytes.error());
        if (bytes->empty()) break;
        pending += *bytes;
        while (pending.size() > kLongestDocument) {
            SKD_TRY(const Visit answer, give(bestCut(pending, kLongestDocument)));
            if (answer == Visit::Stop) return Visit::Stop;
        }
    }
    return pending.empty() ? Result<Visit>(Visit::Continue) : give(pending.size());
}

}  // namespace skd
