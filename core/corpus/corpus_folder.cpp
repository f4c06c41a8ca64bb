#include "corpus/corpus_folder.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/files.h"
#include "base/hash.h"
#include "base/resources.h"
#include "base/text.h"

namespace skd {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kLargestManifest = 64u << 20;

bool isHash(const std::string& text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// The field of a manifest, or null where it has another type.
template <class T>
const T* get(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() ? nullptr : found->get_ptr<const T*>();
}

Result<CorpusFolderShare> readShare(const Json& json) {
    const auto* name = get<std::string>(json, "name");
    const auto* format = get<std::string>(json, "format");
    const auto* sha256 = get<std::string>(json, "sha256");
    const auto* bytes = get<Json::number_unsigned_t>(json, "bytes");
    CorpusFolderShare share;
    if (name == nullptr || !isShareName(*name) || format == nullptr ||
        !parseEnum(*format, share.format) || sha256 == nullptr || !isHash(*sha256) ||
        bytes == nullptr || !memberOf(json, "weight").is_number())
        return fail(ErrorCode::Corrupt,
                    "a share lacks a usable name, format, weight, bytes or sha256; build the "
                    "corpus again");
    share.name = *name;
    share.sha256 = *sha256;
    share.bytes = *bytes;
    share.weight = valueOr(json, "weight", 0.0);
    if (!(share.weight >= 0) || !std::isfinite(share.weight))
        return fail(ErrorCode::Corrupt, strCat("the weight of \"", share.name, "\" is below 0"));
    return share;
}

Result<std::vector<CorpusFolderShare>> readManifest(const Json& json) {
    const auto* format = json.is_object() ? get<std::string>(json, "format") : nullptr;
    if (format == nullptr || *format != CorpusFolder::kFormat)
        return fail(ErrorCode::Corrupt, "not the manifest of a corpus");
    if (!memberOf(json, "version").is_number_integer())
        return fail(ErrorCode::Corrupt, "has no version");
    if (valueOr(json, "version", std::int64_t{0}) > CorpusFolder::kVersion)
        return fail(ErrorCode::Newer,
                    "written by a newer version of this program; update it, or build again");
    if (!memberOf(json, "shares").is_array() || memberOf(json, "shares").empty())
        return fail(ErrorCode::Corrupt, "has no shares");
    std::vector<CorpusFolderShare> shares;
    std::set<std::string> names;
    for (const Json& item : memberOf(json, "shares")) {
        SKD_TRY(CorpusFolderShare share, readShare(item));
        if (!names.insert(share.name).second)
            return fail(ErrorCode::Corrupt, strCat("has two shares \"", share.name, "\""));
        shares.push_back(std::move(share));
    }
    return shares;
}

Result<ResolvedCorpus> corpusOfFolder(const CorpusSpec& spec, const fs::path& resourceFolder) {
    if (spec.shares != CorpusSpec::defaultShares())
        return fail(ErrorCode::InvalidInput,
                    "\"corpus.folder\" and \"corpus.shares\" are both given; remove one");
    SKD_TRY(const fs::path path, resolveResource(spec.folder, resourceFolder));
    SKD_TRY(const CorpusFolder folder, CorpusFolder::open(path));
    ResolvedCorpus corpus{{}, folder.manifestSha256()};
    for (const CorpusFolderShare& share : folder.shares()) {
        CorpusShare made{share.name, folder.fileOf(share).string()};
        made.weight = share.weight;
        corpus.shares.push_back(
            {std::move(made), folder.fileOf(share), share.format, share.sha256});
    }
    return corpus;
}

bool isCalled(const ResolvedShare& resolved, const std::string& word) {
    return word == resolved.share.name || word == enumName(resolved.madeFrom);
}

Status leaveOut(const std::vector<std::string>& without, std::vector<ResolvedShare>& shares) {
    for (const std::string& word : without) {
        if (std::any_of(shares.begin(), shares.end(),
                        [&](const ResolvedShare& share) { return isCalled(share, word); }))
            continue;
        return fail(ErrorCode::InvalidInput,
                    strCat("\"corpus.without\" names \"", word,
                           "\", which is neither the name nor the format of a share; the shares "
                           "are ",
                           joined(shares, ", ", [](const auto& one) { return one.share.name; })));
    }
    std::erase_if(shares, [&](const ResolvedShare& share) {
        return std::any_of(without.begin(), without.end(),
                           [&](const std::string& word) { return isCalled(share, word); });
    });
    return {};
}

Status checkWeights(const std::vector<ResolvedShare>& shares) {
    double total = 0;
    for (const ResolvedShare& resolved : shares) {
        const double weight = resolved.share.weight;
        if (!(weight >= 0) || !std::isfinite(weight))
            return fail(ErrorCode::InvalidInput, strCat("corpus share \"", resolved.share.name,
                                                        "\": the weight must be 0 or more"));
        total += weight;
    }
    if (total > 0) return {};
    return fail(ErrorCode::InvalidInput, "the corpus has no share with a weight above 0; add one");
}

}  // namespace

bool isShareName(std::string_view name) {
    static constexpr std::string_view kLetters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return !name.empty() && name.size() <= 100 && name.front() != '.' &&
           name.find_first_not_of(kLetters) == std::string_view::npos;
}

Error changedFile(const fs::path& file) {
    return {ErrorCode::Corrupt,
            strCat(file.string(),
                   " is not the file that its manifest describes (another SHA-256); build the "
                   "corpus again")};
}

Result<CorpusFolder> CorpusFolder::open(const fs::path& path) {
    const fs::path file = path / kManifest;
    std::error_code error;
    if (fs::is_directory(path, error) && !fs::exists(file, error))
        return fail(ErrorCode::NotFound, strCat(path.string(), " has no ", kManifest,
                                                "; `sparsekd corpus build` makes such a folder"));
    SKD_TRY(const std::string text, readFile(file, kLargestManifest));
    CorpusFolder folder;
    folder.m_folder = path;
    folder.m_sha256 = sha256Hex(text);
    SKD_TRY(folder.m_manifest, located(parseJson(text), file.string()));
    SKD_TRY(folder.m_shares, located(readManifest(folder.m_manifest), file.string()));
    return folder;
}

fs::path CorpusFolder::fileOf(const CorpusFolderShare& share) const {
    return m_folder / (share.name + ".jsonl");
}

Status CorpusFolder::verify() const {
    for (const CorpusFolderShare& share : m_shares) {
        SKD_TRY(const std::string hash, sha256File(fileOf(share)));
        if (hash != share.sha256) return fail(changedFile(fileOf(share)));
    }
    return {};
}

Result<ResolvedCorpus> resolveCorpus(const CorpusSpec& spec, const fs::path& resourceFolder) {
    ResolvedCorpus corpus;
    if (!spec.folder.empty()) {
        SKD_TRY(corpus, corpusOfFolder(spec, resourceFolder));
    } else {
        for (const CorpusShare& share : spec.shares)
            corpus.shares.push_back({share, {}, share.format, {}});
    }
    SKD_CHECK(leaveOut(spec.without, corpus.shares));
    SKD_CHECK(checkWeights(corpus.shares));
    for (ResolvedShare& resolved : corpus.shares) {
        if (!resolved.path.empty() || resolved.share.weight == 0) continue;
        SKD_TRY(resolved.path, resolveResource(resolved.share.path, resourceFolder));
    }
    return corpus;
}

}  // namespace skd
