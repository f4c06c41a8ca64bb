#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "spec/corpus_spec.h"

namespace skd {

/// One share of a corpus folder: NAME.jsonl, one {"text": ...} a line.
struct CorpusFolderShare {
    std::string name;
    CorpusFormat format = CorpusFormat::Jsonl;  ///< of the source that it was made from
    double weight = 1;
    std::uint64_t bytes = 0;
    std::string sha256;
};

/// A folder that `sparsekd corpus build` made: NAME.jsonl per share, described by manifest.json.
class CorpusFolder {
public:
    static constexpr const char* kFormat = "sparsekd-corpus";
    static constexpr int kVersion = 1;
    static constexpr const char* kManifest = "manifest.json";

    /// Reads the manifest; the files are not looked at. NotFound, Corrupt or Newer name the
    /// manifest.
    static Result<CorpusFolder> open(const std::filesystem::path& folder);

    [[nodiscard]] const std::vector<CorpusFolderShare>& shares() const { return m_shares; }
    [[nodiscard]] const Json& manifest() const { return m_manifest; }
    [[nodiscard]] const std::string& manifestSha256() const { return m_sha256; }
    [[nodiscard]] std::filesystem::path fileOf(const CorpusFolderShare& share) const;
    /// Compares every file with the hash in the manifest; Corrupt names the first that differs.
    [[nodiscard]] Status verify() const;

private:
    std::filesystem::path m_folder;
    Json m_manifest;
    std::string m_sha256;
    std::vector<CorpusFolderShare> m_shares;
};

/// The error for a file of a corpus folder that is not what its manifest describes.
Error changedFile(const std::filesystem::path& file);

/// True for names that can stand before ".jsonl": letters, digits, '.', '_' and '-', not
/// beginning with '.', at most 100 bytes.
bool isShareName(std::string_view name);

/// A share of a corpus with the place of its source.
struct ResolvedShare {
    CorpusShare share;
    std::filesystem::path path;
    CorpusFormat madeFrom = CorpusFormat::Jsonl;  ///< format of what a folder's share was made from
    std::string sha256;                           ///< that the file must have; "" when unknown
};

/// Where the text of a corpus comes from.
struct ResolvedCorpus {
    std::vector<ResolvedShare> shares;
    std::string manifestSha256;  ///< of its folder; "" without one
};

/// The shares a corpus is drawn from, without those that `without` names: the folder's, where one
/// is given, else spec.shares. InvalidInput when both are given, when no share has a weight, and
/// for a name in `without` that no share has.
Result<ResolvedCorpus> resolveCorpus(const CorpusSpec& spec,
                                     const std::filesystem::path& resourceFolder);

}  // namespace skd
