#include "corpus/split_guard.h"

#include <optional>

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"

namespace skd {
namespace {

/// Hash of a line as it is compared, or nothing where it is too short to prove anything.
std::optional<std::uint64_t> lineHash(std::string_view line, std::string& buffer) {
    buffer.clear();
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        const bool space = c == ' ' || c == '\t' || c == '\r';
        const bool marker = c == '@' && ((i > 0 && line[i - 1] == ' ') ||
                                         (i + 1 < line.size() && line[i + 1] == ' '));
        if (!space && !marker) buffer.push_back(c);
    }
    if (buffer.size() < SplitGuard::kShortest) return std::nullopt;
    return xxh3(buffer.data(), buffer.size());
}

}  // namespace

Result<SplitGuard> SplitGuard::fromFile(const std::filesystem::path& path, std::string name) {
    SKD_TRY(const MappedFile file, MappedFile::open(path));
    return fromText(file.view(), std::move(name));
}

SplitGuard SplitGuard::fromText(std::string_view text, std::string name) {
    SplitGuard guard;
    guard.m_name = std::move(name);
    std::string buffer;
    for (const std::string_view line : splitLines(text))
        if (const auto hash = lineHash(line, buffer)) guard.m_hashes.insert(*hash);
    return guard;
}

Status SplitGuard::Count::add(std::string_view text, const std::string& where) {
    std::string buffer;
    for (const std::string_view line : splitLines(text)) {
        const auto hash = lineHash(line, buffer);
        if (!hash || !m_guard->m_hashes.contains(*hash)) continue;
        m_seen.insert(*hash);
        if (m_seen.size() > kTolerated)
            return fail(ErrorCode::InvalidInput,
                        strCat(where, ": this is text of the ", m_guard->m_name,
                               ", the third line of it found here (\"", line.substr(0, 60),
                               "...\"); it measures perplexity and must not be trained on: use the "
                               "train or validation split"));
    }
    return {};
}

}  // namespace skd
