#include "corpus/text_sources.h"

#include <algorithm>

#include "base/text.h"
#include "corpus/json_rows.h"
#include "corpus/text_sources_text.h"

namespace skd {
namespace {

bool isBlank(std::string_view line) {
    return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

Result<Visit> visitLines(const CorpusShare& share, SourceStream& stream, const std::string& name,
                         const DocumentVisitor& visit, RefusedRows& refused) {
    LineReader reader(stream);
    while (true) {
        SKD_TRY(const bool more, located(reader.next(), name));
        if (!more) break;
        if (isBlank(reader.line())) continue;
        std::string where = strCat(name, ":", reader.number());
        refused.read();
        auto text = rowText(reader.line(), share);
        if (!text) {
            SKD_CHECK(refused.refuse(text.error(), where));
            continue;
        }
        SKD_TRY(const Visit answer, visit({*std::move(text), std::move(where), stream.position()}));
        if (answer == Visit::Stop) return Visit::Stop;
    }
    SKD_CHECK(refused.finish());
    return Visit::Continue;
}

Result<SourceSummary> visitFile(const CorpusShare& share, const std::filesystem::path& path,
                                const DocumentVisitor& visit) {
    SKD_TRY(SourceStream stream, SourceStream::open(path));
    const std::string name = path.filename().string();
    RefusedRows refused;
    Result<Visit> answer = Visit::Continue;
    if (share.format == CorpusFormat::Jsonl)
        answer = visitLines(share, stream, name, visit, refused);
    else if (share.format == CorpusFormat::WikiText)
        answer = visitArticles(stream, name, visit);
    else
        answer = visitText(stream, name, visit);
    if (!answer) return fail(answer.error());
    return SourceSummary{stream.position(), 1, *answer == Visit::Stop ? "" : stream.sha256(),
                         refused.count(), refused.names()};
}

/// "file.json.gz" -> "file.json".
std::filesystem::path withoutGz(const std::filesystem::path& name) {
    return name.extension() == ".gz" ? name.stem() : name;
}

CorpusFormat guessFormat(const std::filesystem::path& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) return CorpusFormat::Files;
    const std::filesystem::path name = withoutGz(path.filename());
    const std::string extension = name.extension().string();
    if (extension == ".jsonl" || extension == ".json" || extension == ".ndjson")
        return CorpusFormat::Jsonl;
    if (extension == ".tokens" || extension == ".raw" || name.string().starts_with("wiki."))
        return CorpusFormat::WikiText;
    return CorpusFormat::Text;
}

Result<std::vector<std::string>> guessFields(const std::filesystem::path& path) {
    SKD_TRY(SourceStream stream, SourceStream::open(path));
    LineReader reader(stream);
    const std::string name = path.filename().string();
    do {
        SKD_TRY(const bool more, located(reader.next(), name));
        if (!more) return fail(ErrorCode::InvalidInput, strCat(name, " is empty"));
    } while (isBlank(reader.line()));
    SKD_TRY(const Json row, located(parseRow(reader.line()), strCat(name, ":", reader.number())));
    using Fields = std::vector<std::string>;
    for (const Fields& fields :
         {Fields{"question", "answer"}, Fields{"text"}, Fields{"content"}, Fields{"code"}})
        if (std::all_of(fields.begin(), fields.end(),
                        [&](const std::string& field) { return row.contains(field); }))
            return fields;
    return fail(ErrorCode::InvalidInput,
                strCat(name, ": which fields hold the text? Its lines have: ", keyList(row)));
}

}  // namespace

std::string withoutAnnotations(std::string_view text) {
    std::string kept;
    while (true) {
        const std::size_t begin = text.find("<<");
        kept += text.substr(0, begin);
        if (begin == std::string_view::npos) return kept;
        const std::size_t stop = text.find_first_of("<>\n", begin + 2);
        const bool annotation = stop != std::string_view::npos && text.substr(stop, 2) == ">>";
        if (!annotation) kept += '<';
        text.remove_prefix(annotation ? stop + 2 : begin + 1);
    }
}

Result<SourceSummary> visitDocuments(const CorpusShare& share, const std::filesystem::path& path,
                                     const DocumentVisitor& visit) {
    if (share.stripAnnotations) {
        CorpusShare kept = share;
        kept.stripAnnotations = false;
        return visitDocuments(kept, path, [&](SourceDocument document) {
            document.text = withoutAnnotations(document.text);
            return visit(std::move(document));
        });
    }
    return share.format == CorpusFormat::Files ? visitFiles(share, path, visit)
                                               : visitFile(share, path, visit);
}

Result<CorpusShare> guessShare(std::string name, const std::filesystem::path& path) {
    CorpusShare share;
    share.name = std::move(name);
    share.path = path.string();
    share.format = guessFormat(path);
    if (share.format == CorpusFormat::Jsonl) {
        SKD_TRY(share.fields, guessFields(path));
    }
    return share;
}

}  // namespace skd
