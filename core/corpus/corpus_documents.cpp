#include "corpus/corpus_documents.h"

#include <optional>

#include "base/files.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/text.h"

namespace skd {
namespace {

constexpr std::uint64_t kHoldOutStream = 0x68656c646f7574ull;

bool isSpace(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

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

/// visitDocuments whose errors name the share.
Result<SourceSummary> visitShare(const ResolvedShare& resolved, const DocumentVisitor& visit) {
    return located(visitDocuments(resolved.share, resolved.path, visit),
                   strCat("corpus share \"", resolved.share.name, "\""));
}

}  // namespace

std::uint64_t documentHash(std::string_view text) {
    std::string normal;
    normal.reserve(text.size());
    bool space = false;
    for (const char c : text) {
        if (isSpace(c)) {
            space = true;
            continue;
        }
        if (space && !normal.empty()) normal += ' ';
        space = false;
        normal += c;
    }
    return xxh3(normal.data(), normal.size());
}

bool HoldOut::holds(std::string_view text) const {
    return CounterRandom(m_seed, kHoldOutStream).below(documentHash(text), kOneIn) == 0;
}

HoldOut::Parts HoldOut::split(std::string text) const {
    if (text.size() <= kLongest)
        return holds(text) ? Parts{"", std::move(text)} : Parts{std::move(text), ""};
    Parts parts;
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t end = rest.size() < kBlock ? rest.npos : rest.find('\n', kBlock - 1);
        const std::string_view block = rest.substr(0, end == rest.npos ? end : end + 1);
        (holds(block) ? parts.held : parts.kept) += block;
        rest.remove_prefix(block.size());
    }
    return parts;
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

Result<SplitGuard> testSplitGuard(const std::filesystem::path& resourceFolder) {
    SKD_TRY(const MappedFile file,
            MappedFile::open(resourceFolder / "text" / "wikitext-2-test.raw"));
    return SplitGuard::fromText(file.view(), "WikiText-2 test split");
}

Result<DocumentReader::Counts> DocumentReader::read(const ResolvedShare& share,
                                                    const Visitor& visit) {
    Counts counts;
    SplitGuard::Count testLines(m_guard);
    const auto take = [&](SourceDocument document) -> Result<Visit> {
        SKD_CHECK(testLines.add(document.text, document.where));
        counts.given.push_back(false);
        if (document.text.empty()) {
            ++counts.empty;
            return Visit::Continue;
        }
        const std::uint64_t hash = documentHash(document.text);
        if (m_dropDuplicates && !m_seen.insert(hash).second) {
            ++counts.duplicates;
            return Visit::Continue;
        }
        ++counts.documents;
        counts.given.back() = true;
        return visit({std::move(document), hash});
    };
    SKD_TRY(counts.source, visitShare(share, take));
    const std::string& sha256 = counts.source.sha256;
    if (!share.sha256.empty() && !sha256.empty() && sha256 != share.sha256)
        return fail(changedFile(share.path));
    counts.testLines = static_cast<std::int64_t>(testLines.seen());
    return counts;
}

Status DocumentReader::readAgain(const ResolvedShare& share, const std::vector<bool>& given,
                                 const Visitor& visit) {
    std::size_t index = 0;
    const auto take = [&](SourceDocument document) -> Result<Visit> {
        if (index >= given.size()) return fail(changedSource(share.path));
        if (!given[index++]) return Visit::Continue;
        return visit({std::move(document)});
    };
    SKD_TRY(const SourceSummary source, visitShare(share, take));
    if (!source.sha256.empty() && index != given.size()) return fail(changedSource(share.path));
    return {};
}

Error DocumentReader::changedSource(const std::filesystem::path& path) {
    return {ErrorCode::Io, strCat(path.string(), " changed while it was being read; start again")};
}

}  // namespace skd
