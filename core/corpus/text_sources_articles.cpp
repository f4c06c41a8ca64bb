#include "corpus/text_sources_articles.h"

#include "base/text.h"
#include "corpus/text_sources_lines.h"
#include "corpus/text_sources_text.h"

namespace skd {
namespace {

/// Collects lines into articles.
class Articles {
public:
    Articles(SourceStream& stream, const std::string& name, const DocumentVisitor& visit)
        : m_stream(stream), m_name(name), m_visit(visit), m_reader(stream) {}

    Result<Visit> visitAll() {
        while (true) {
            const auto more = m_reader.next();
            if (!more) return fail(more.error().in(m_name));
            if (!*more) break;
            SKD_TRY(const Visit answer, take(m_reader.line()));
            if (answer == Visit::Stop) return Visit::Stop;
        }
        if (m_headings == 0 && m_reader.number() > 1)
            return fail(ErrorCode::InvalidInput,
                        strCat(m_name,
                               " has no article heading (\"= Title =\" between blank "
                               "lines), so it is not WikiText; give the format text"));
        return give();
    }

private:
    Result<Visit> take(std::string_view line) {
        const bool blank = trimmed(line).empty();
        const bool heading = m_afterBlank && isArticleHeading(line);
        m_afterBlank = blank;
        if (heading || m_text.size() + line.size() > kLongestDocument) {
            SKD_TRY(const Visit answer, give());
            if (answer == Visit::Stop) return Visit::Stop;
        }
        m_headings += heading;
        if (m_text.empty() && blank) return Visit::Continue;
        if (m_text.empty()) m_first = m_reader.number();
        m_text += line;
        m_text += '\n';
        return Visit::Continue;
    }

    Result<Visit> give() {
        const std::size_t last = m_text.find_last_not_of(" \t\r\v\f\n");
        if (last == std::string::npos) return Visit::Continue;
        // The line that the last word stands on is kept whole.
        m_text.resize(m_text.find('\n', last) + 1);
        SKD_CHECK(checkText(m_text, m_name, m_first));
        SourceDocument document{std::move(m_text), strCat(m_name, ":", m_first),
                                m_stream.position()};
        m_text.clear();
        return m_visit(std::move(document));
    }

    SourceStream& m_stream;
    const std::string& m_name;
    const DocumentVisitor& m_visit;
    LineReader m_reader;
    std::string m_text;
    std::int64_t m_first = 1;
    std::int64_t m_headings = 0;
    bool m_afterBlank = true;
};

}  // namespace

bool isArticleHeading(std::string_view line) {
    line = trimmed(line);
    if (line.size() < 5 || !line.starts_with("= ") || !line.ends_with(" =")) return false;
    const std::string_view title = trimmed(line.substr(2, line.size() - 4));
    return !title.empty() && title.front() != '=' && title.back() != '=';
}

Result<Visit> visitArticles(SourceStream& stream, const std::string& name,
                            const DocumentVisitor& visit) {
    return Articles(stream, name, visit).visitAll();
}

}  // namespace skd
