#pragma once

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/files.h"
#include "base/json.h"
#include "base/verified_file.h"
#include "corpus/corpus.h"
#include "distill/fused_head.h"
#include "distill/kept_logits.h"
#include "distill/teacher_block.h"
#include "events/run_context.h"
#include "model/decoder.h"
#include "model/parallel/communicator.h"
#include "spec/distill_spec.h"

namespace skd {

/// What a cache was made from; another key is another cache.
struct TeacherCacheKey {
    std::string modelSha256;     ///< what stands for the teacher: ModelIdentity::key
    std::string dtype = "bf16";  ///< the teacher ran in
    std::string tokenizerSha256;
    std::string corpusSha256;
    std::int64_t k = 32;
    std::optional<TeacherSampling> sampling;  ///< tokens drawn instead of the k largest

    bool operator==(const TeacherCacheKey&) const = default;
    [[nodiscard]] std::int64_t entries() const { return sampling ? sampling->rounds : k; }
    /// Takes from a spec what the cache holds per token: its top_k, or for the sampled loss its
    /// draws with the run's seed.
    void choose(const DistillSpec& spec, std::uint64_t seed);
};

/// Probabilities of a teacher on every sample of a corpus (resources/help/method.md, Teacher
/// probabilities): a folder of memory-mapped blocks, each with its XXH3, and manifest.json, which
/// is written last. Immutable.
class TeacherCache {
public:
    /// An empty cache: what a cancelled build leaves.
    TeacherCache() = default;
    /// Opens and checks everything: manifest, key, hashes, and every entry of every sample.
    /// NotFound without a manifest; InvalidInput when it was made from something else (the message
    /// says from what); Corrupt, with counts by kind, when more than 0.1 % of the samples are bad.
    static Result<TeacherCache> open(const std::filesystem::path& folder,
                                     const TeacherCacheKey& key, const Corpus& corpus);

    [[nodiscard]] bool empty() const { return m_blocks.empty(); }
    [[nodiscard]] std::int64_t samples() const { return m_samples; }
    [[nodiscard]] std::int64_t k() const { return m_shape.k; }
    [[nodiscard]] std::int64_t vocabulary() const { return m_shape.vocabulary; }
    /// How its tokens were drawn; empty where it holds the k largest.
    [[nodiscard]] const std::optional<TeacherSampling>& sampling() const { return m_sampling; }
    /// False for the few samples that the check refused; they must not be trained on.
    [[nodiscard]] bool isUsable(std::int64_t sample) const {
        return !m_bad[static_cast<std::size_t>(sample)];
    }
    [[nodiscard]] std::int64_t refusedSamples() const {
        return std::count(m_bad.begin(), m_bad.end(), true);
    }
    [[nodiscard]] double meanCoverage() const { return m_coverage; }
    /// Identity of the contents: SHA-256 of the manifest.
    [[nodiscard]] const std::string& sha256() const { return m_sha256; }
    [[nodiscard]] const Json& manifest() const { return m_manifest; }

    /// Rows of a usable sample's positions 0 .. sequenceLength - 2, on the CPU; `temperature` must
    /// be one of kTemperatureGrid, or that of the draws (InvalidInput). Rows beyond a padded
    /// sample's end repeat its first.
    [[nodiscard]] Result<TeacherRows> rows(std::int64_t sample, double temperature) const;

private:
    friend struct TeacherCacheOpener;
    /// Where a sample lies in its block.
    [[nodiscard]] std::size_t placeOf(std::int64_t sample) const;
    [[nodiscard]] TeacherSampleView view(std::int64_t sample) const;
    /// Column of the normalisers that goes with a temperature.
    [[nodiscard]] Result<std::int64_t> normaliserFor(double temperature) const;

    TeacherBlockShape m_shape;
    std::optional<TeacherSampling> m_sampling;
    std::int64_t m_samples = 0, m_blockSamples = 1;
    std::vector<MappedFile> m_blocks;
    std::vector<bool> m_bad;
    double m_coverage = 0;
    std::string m_sha256;
    Json m_manifest;
};

/// Opens the cache in `folder` when it was made from the same key, else makes it: runs the teacher
/// over the corpus and writes block after block. A block that is finished survives cancelling or a
/// crash and is not computed again. Emits Progress of Stage::Teacher in tokens. Empty when
/// cancelled. NoSpace before it starts when the disk cannot hold it. What is damaged of an existing
/// cache is made again, with a warning.
Result<TeacherCache> buildTeacherCache(const Decoder& teacher, const Corpus& corpus,
                                       const TeacherCacheKey& key,
                                       const std::filesystem::path& folder,
                                       const RunContext& context);

/// What the other processes do while rank 0 builds a cache with context.devices: their share of its
/// blocks, which rank 0 writes. Such a build makes all blocks anew that rank 0's folder lacks,
/// once.
Status makeTeacherShare(const Decoder& teacher, const Corpus& corpus, const TeacherCacheKey& key,
                        const RunContext& context);

/// Bytes that the cache of a corpus takes at so many entries per token.
std::int64_t teacherCacheBytes(const Corpus& corpus, std::int64_t entries);

/// XXH3 of the ids that a sample's rows come from (all but the last), by which a cached sample
/// knows its own.
std::uint64_t sampleHash(const Corpus& corpus, std::int64_t sample);

/// InvalidInput when `whose` vocabulary lacks a token of the corpus.
Status checkVocabulary(const Corpus& corpus, std::int64_t vocabulary, const char* whose);

/// How a cache of so many samples is cut into blocks.
std::int64_t teacherBlockSamples(std::int64_t samples);
TeacherBlockShape teacherBlockShape(const Corpus& corpus, const TeacherCacheKey& key,
                                    std::int64_t vocabulary);
inline constexpr VerifiedFormat kTeacherManifest{"sparsekd-teacher-manifest"};
std::filesystem::path teacherBlockPath(const std::filesystem::path& folder, std::int64_t block);
Json toJson(const TeacherCacheKey& key);

}  // namespace skd
