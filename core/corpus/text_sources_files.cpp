#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "corpus/text_sources_text.h"

namespace skd {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMostFiles = 4'000'000;
constexpr std::size_t kNamesKept = 10;

bool counts(const fs::directory_entry& entry, const CorpusShare& share) {
    std::error_code error;
    if (entry.is_symlink(error) || !entry.is_regular_file(error)) return false;
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.')) return false;
    return share.extensions.empty() ||
           std::any_of(share.extensions.begin(), share.extensions.end(),
                       [&](const std::string& end) { return name.ends_with(end); });
}

/// Names of the files that count, relative to `folder`, in bytewise order.
Result<std::vector<std::string>> filesOf(const fs::path& folder, const CorpusShare& share) {
    std::error_code error;
    if (!fs::exists(folder, error)) return fail(ioError("cannot open", folder, ENOENT));
    if (!fs::is_directory(folder, error))
        return fail(ErrorCode::InvalidInput,
                    strCat(folder.string(), " is not a folder; the format files needs one"));
    std::vector<std::string> names;
    // Links to folders are not followed, so that there are no loops.
    for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code ignored;
        if (entry->path().filename().string().starts_with('.') && entry->is_directory(ignored))
            entry.disable_recursion_pending();
        if (counts(*entry, share))
            names.push_back(entry->path().lexically_relative(folder).generic_string());
        if (names.size() > kMostFiles)
            return fail(ErrorCode::InvalidInput,
                        strCat(folder.string(), " holds more than ", kMostFiles, " files"));
    }
    if (error) return fail(ioError("cannot list", folder, error.value()));
    std::sort(names.begin(), names.end());
    return names;
}

void refuse(const std::string& name, SourceSummary& summary) {
    ++summary.refused;
    if (summary.refusedNames.size() < kNamesKept) summary.refusedNames.push_back(name);
}

/// One file; its hash goes into `hash`.
Result<Visit> visitOne(const fs::path& file, const std::string& name, SourceSummary& summary,
                       Sha256& hash, const DocumentVisitor& visit) {
    auto stream = SourceStream::open(file);
    if (!stream && stream.error().code == ErrorCode::NotFound)
        return fail(stream.error().in("the folder changed while it was being read"));
    if (!stream) return fail(stream.error());
    const std::uint64_t before = summary.bytes;
    // An error of the visitor ends everything, one of the file's text only this file.
    bool visitorFailed = false;
    const auto answer = visitText(*stream, name, [&](SourceDocument document) -> Result<Visit> {
        document.position += before;
        auto inner = visit(std::move(document));
        visitorFailed = !inner;
        return inner;
    });
    if (!answer && (visitorFailed || answer.error().code != ErrorCode::Corrupt))
        return fail(answer.error());
    if (!answer) refuse(name, summary);
    if (answer && *answer == Visit::Stop) return Visit::Stop;
    ++summary.files;
    summary.bytes = before + stream->position();
    hash.update(strCat(name, '\0', stream->sha256(), '\n'));
    return Visit::Continue;
}

}  // namespace

Result<SourceSummary> visitFiles(const CorpusShare& share, const fs::path& path,
                                 const DocumentVisitor& visit) {
    SKD_TRY(const std::vector<std::string> names, filesOf(path, share));
    if (names.empty())
        return fail(ErrorCode::InvalidInput,
                    strCat(path.string(), " holds no file that counts; check the extensions"));
    SourceSummary summary;
    Sha256 hash;
    for (const std::string& name : names) {
        SKD_TRY(const Visit answer, visitOne(path / name, name, summary, hash, visit));
        if (answer == Visit::Stop) return summary;
    }
    summary.sha256 = hash.hex();
    return summary;
}

}  // namespace skd
