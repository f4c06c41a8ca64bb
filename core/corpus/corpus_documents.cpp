#include "corpus/corpus_documents.h"

#include "base/hash.h"
#include "base/random.h"
#include "base/text.h"

namespace skd {
namespace {

constexpr std::uint64_t kHoldOutStream = 0x68656c646f7574ull;

bool isSpace(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
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

Result<DocumentReader::Counts> DocumentReader::read(const ResolvedShare& share,
                                                    const Visitor& visit) {
    Counts counts;
    SplitGuard::Count guarded(*m_guard);
    const auto take = [&](SourceDocument document) -> Result<Visit> {
        SKD_TRY(const bool usable, guarded.add(document.text, document.where));
        counts.given.push_back(false);
        if (!usable) return Visit::Continue;
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
    // Of a source that was not read to its end nothing is known of the rest.
    if (!sha256.empty())
        SKD_CHECK(located(guarded.finish(), strCat("corpus share \"", share.share.name, "\"")));
    counts.guarded = guarded.leftOut();
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
