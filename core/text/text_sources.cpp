#include "text/text_sources.h"

#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"

namespace skd {
namespace {

constexpr std::string_view kResourcePrefix = "resource:";

Result<std::string> joinedFields(std::string_view line, const CorpusShare& share) {
    SKD_TRY(const Json row, parseJson(line));
    if (!row.is_object()) return fail(ErrorCode::Corrupt, "not a JSON object");
    std::string text;
    for (std::size_t i = 0; i < share.fields.size(); ++i) {
        const auto field = row.find(share.fields[i]);
        if (field == row.end())
            return fail(ErrorCode::Corrupt, strCat("the field \"", share.fields[i],
                                                   "\" is missing; check the share's fields"));
        if (!field->is_string())
            return fail(ErrorCode::Corrupt,
                        strCat("the field \"", share.fields[i], "\" is not text"));
        if (i > 0) text += '\n';
        text += field->get_ref<const std::string&>();
    }
    return text;
}

bool isBlank(std::string_view line) {
    return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

Status visitLines(const CorpusShare& share, const MappedFile& file,
                  const std::function<Status(SourceDocument document)>& visit) {
    std::string_view rest = file.view();
    for (std::int64_t number = 1; !rest.empty(); ++number) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (isBlank(line)) continue;
        std::string where = strCat(file.path().filename().string(), ":", number);
        auto text = joinedFields(line, share);
        if (!text) return fail(text.error().in(where));
        SKD_CHECK(visit({std::move(*text), std::move(where)}));
    }
    return {};
}

}  // namespace

std::filesystem::path resolveSource(const std::string& path,
                                    const std::filesystem::path& resourceFolder) {
    if (path.starts_with(kResourcePrefix))
        return resourceFolder / path.substr(kResourcePrefix.size());
    return path;
}

Status visitDocuments(const CorpusShare& share, const std::filesystem::path& path,
                      const std::function<Status(SourceDocument document)>& visit) {
    SKD_TRY(const MappedFile file, MappedFile::open(path));
    if (share.format == CorpusFormat::Text)
        return visit({std::string(file.view()), path.filename().string()});
    return visitLines(share, file, visit);
}

}  // namespace skd
