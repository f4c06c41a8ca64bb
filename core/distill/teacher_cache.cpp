#include "distill/teacher_cache.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdio>
#include <unordered_map>

#include "base/hash.h"
#include "base/text.h"

namespace skd {
namespace {

/// Share of bad samples that is skipped; more stop a run.
constexpr double kTolerated = 0.001;

std::string differences(const Json& stored, const Json& wanted) {
    std::string list;
    for (const auto& [name, value] : wanted.items()) {
        const Json other = valueOr(stored, name, Json());
        if (other == value) continue;
        appendPart(list, strCat(name, " ", dumpJson(other).substr(0, 18), " instead of ",
                                dumpJson(value).substr(0, 18)));
    }
    return list;
}

}  // namespace

/// Fills a TeacherCache step by step.
struct TeacherCacheOpener {
    const std::filesystem::path& folder;
    const Corpus& corpus;
    TeacherCache cache = {};
    std::vector<TeacherFault> faults = {};

    Result<TeacherCache> open(const TeacherCacheKey& key) {
        SKD_CHECK(readManifest(key));
        SKD_CHECK(mapBlocks());
        checkSamples();
        findDuplicates();
        SKD_CHECK(judge());
        return std::move(cache);
    }

    [[nodiscard]] tl::unexpected<Error> refuse(ErrorCode code, const auto&... problem) const {
        return fail(code, strCat(folder.string(), ": ", problem...));
    }

    Status readManifest(const TeacherCacheKey& key) {
        SKD_TRY(Json manifest, readVerifiedJson(folder / "manifest.json", kTeacherManifest));
        if (!memberOf(manifest, "key").is_object() ||
            valueOr(manifest, "format", Json()) != Json("sparsekd-teacher-cache"))
            return refuse(ErrorCode::Corrupt, "manifest.json is not that of a teacher cache");
        if (const Json version = valueOr(manifest, "version", Json()); version != Json(1))
            return refuse(ErrorCode::Newer, "the teacher cache has version ", dumpJson(version),
                          ", this program reads 1");
        if (const Json wanted = toJson(key); memberOf(manifest, "key") != wanted)
            return refuse(ErrorCode::InvalidInput,
                          "the teacher cache was made from something else (",
                          differences(memberOf(manifest, "key"), wanted),
                          "); delete it or name another folder");
        const Json vocabulary = valueOr(manifest, "vocabulary", Json()),
                   coverage = valueOr(manifest, "mean_coverage", Json());
        if (!vocabulary.is_number_integer() || !coverage.is_number())
            return refuse(ErrorCode::Corrupt, "manifest.json lacks vocabulary or mean_coverage");
        cache.m_shape = teacherBlockShape(corpus, key, valueOr(vocabulary, std::int64_t{0}));
        cache.m_sampling = key.sampling;
        cache.m_coverage = valueOr(coverage, 0.0);
        cache.m_samples = corpus.samples();
        cache.m_blockSamples = teacherBlockSamples(corpus.samples());
        // Of the text that earlier versions wrote: the same contents have the same identity.
        cache.m_sha256 = sha256Hex(dumpJson(manifest, 2) + "\n");
        cache.m_manifest = std::move(manifest);
        return {};
    }

    Status mapBlocks() {
        for (std::int64_t block = 0; block * cache.m_blockSamples < cache.m_samples; ++block) {
            SKD_TRY(MappedFile file, MappedFile::open(teacherBlockPath(folder, block)));
            cache.m_blocks.push_back(std::move(file));
        }
        return {};
    }

    void checkBlock(std::int64_t block) {
        const std::int64_t first = block * cache.m_blockSamples;
        const std::int64_t count = std::min(cache.m_blockSamples, cache.m_samples - first);
        const MappedFile& file = cache.m_blocks[static_cast<std::size_t>(block)];
        if (!isTeacherBlock({file.data(), file.size()}, cache.m_shape, first, count)) {
            std::fill_n(faults.begin() + first, count, TeacherFault::Block);
            return;
        }
        for (std::int64_t sample = first; sample < first + count; ++sample)
            faults[static_cast<std::size_t>(sample)] =
                checkTeacherSample(cache.view(sample), cache.m_shape, sampleHash(corpus, sample),
                                   std::max<std::int64_t>(0, corpus.length(sample) - 1));
    }

    void checkSamples() {
        faults.assign(static_cast<std::size_t>(cache.m_samples), TeacherFault::None);
        at::parallel_for(0, static_cast<std::int64_t>(cache.m_blocks.size()), 1,
                         [&](std::int64_t first, std::int64_t last) {
                             for (std::int64_t block = first; block < last; ++block)
                                 checkBlock(block);
                         });
    }

    /// The same probabilities under different text: a copy that slipped in.
    void findDuplicates() {
        std::unordered_map<std::uint64_t, std::uint64_t> textOf;
        for (std::int64_t sample = 0; sample < cache.m_samples; ++sample) {
            TeacherFault& fault = faults[static_cast<std::size_t>(sample)];
            if (fault != TeacherFault::None || cache.view(sample).rows() == 0) continue;
            const TeacherSampleView view = cache.view(sample);
            const auto [entry, isNew] = textOf.emplace(view.contentHash(), view.sampleHash());
            if (!isNew && entry->second != view.sampleHash()) fault = TeacherFault::Duplicate;
        }
    }

    Status judge() {
        for (const TeacherFault fault : faults) cache.m_bad.push_back(fault != TeacherFault::None);
        const std::int64_t bad = cache.refusedSamples();
        if (static_cast<double>(bad) <= kTolerated * static_cast<double>(cache.m_samples))
            return {};
        std::string list;
        for (const auto& [fault, name] : kNames<TeacherFault>) {
            const auto count = std::count(faults.begin(), faults.end(), fault);
            if (fault != TeacherFault::None && count > 0)
                appendPart(list, strCat(count, " ", name), "; ");
        }
        return refuse(ErrorCode::Corrupt, bad, " of ", cache.m_samples,
                      " samples of the teacher cache are bad: ", list);
    }
};

Result<TeacherCache> TeacherCache::open(const std::filesystem::path& folder,
                                        const TeacherCacheKey& key, const Corpus& corpus) {
    return TeacherCacheOpener{folder, corpus}.open(key);
}

std::size_t TeacherCache::placeOf(std::int64_t sample) const {
    return m_shape.sampleBegin(sample % m_blockSamples);
}

TeacherSampleView TeacherCache::view(std::int64_t sample) const {
    const MappedFile& file = m_blocks[static_cast<std::size_t>(sample / m_blockSamples)];
    return {file.data() + placeOf(sample), m_shape};
}

Result<std::int64_t> TeacherCache::normaliserFor(double temperature) const {
    if (m_sampling && m_sampling->temperature == temperature) return 1;
    if (m_sampling)
        return fail(ErrorCode::InvalidInput,
                    strCat("the teacher's tokens were drawn at temperature ",
                           m_sampling->temperature, ", not ", temperature));
    const auto place = std::find(kTemperatureGrid.begin(), kTemperatureGrid.end(), temperature);
    if (place != kTemperatureGrid.end()) return place - kTemperatureGrid.begin();
    return fail(ErrorCode::InvalidInput,
                strCat("the teacher cache has no normaliser for temperature ", temperature,
                       "; choose 1, 1.5, 2 or 3"));
}

Result<TeacherRows> TeacherCache::rows(std::int64_t sample, double temperature) const {
    SKD_TRY(const std::int64_t place, normaliserFor(temperature));
    const MappedFile& block = m_blocks[static_cast<std::size_t>(sample / m_blockSamples)];
    SKD_TRY(const std::string bytes, block.readBytes(placeOf(sample), m_shape.sampleBytes()));
    const auto grid = static_cast<std::int64_t>(kTemperatureGrid.size());
    const std::int64_t count = m_shape.rows;
    TeacherRows rows{
        at::empty({count, m_shape.k}, at::kInt), at::empty({count, m_shape.k}, at::kFloat), {}};
    at::Tensor normalisers = at::empty({count, grid}, at::kFloat);
    const TeacherSampleView stored(reinterpret_cast<const std::byte*>(bytes.data()), m_shape);
    if (static_cast<std::int64_t>(stored.rows()) > count)
        return fail(ErrorCode::Corrupt, block.path().string() + " was changed while it was open");
    stored.read(rows.ids.mutable_data_ptr<std::int32_t>(),
                rows.logProbabilities.mutable_data_ptr<float>(),
                normalisers.mutable_data_ptr<float>());
    const std::int64_t filled = stored.rows();
    for (at::Tensor* tensor : {&rows.ids, &rows.logProbabilities, &normalisers})
        if (filled < count)
            tensor->narrow(0, filled, count - filled)
                .copy_(filled > 0 ? tensor->narrow(0, 0, 1)
                                  : at::zeros_like(tensor->narrow(0, filled, 1)));
    if (m_sampling) {
        rows.logZ = normalisers.select(1, place).contiguous();
        return rows;
    }
    // Rounding to 16 bits moved the entries' mass; the remainder is stored exactly.
    const at::Tensor mass = rows.logProbabilities.exp().sum(1);
    const at::Tensor shift = ((1 - normalisers.select(1, 0)).clamp_min(1e-6) / mass).log();
    rows.logProbabilities.add_(shift.unsqueeze(1));
    rows.logZ = temperature == 1.0 ? at::zeros({count}) : normalisers.select(1, place).contiguous();
    return rows;
}

std::uint64_t sampleHash(const Corpus& corpus, std::int64_t sample) {
    const auto ids = corpus.sample(sample);
    const auto seen =
        static_cast<std::size_t>(std::max<std::int64_t>(1, corpus.length(sample) - 1));
    return xxh3(ids.data(), seen * sizeof(TokenId));
}

Status checkVocabulary(const Corpus& corpus, std::int64_t vocabulary, const char* whose) {
    if (corpus.vocabularyNeeded() <= vocabulary) return {};
    return fail(ErrorCode::InvalidInput,
                strCat("the corpus holds token id ", corpus.vocabularyNeeded() - 1, ", the ", whose,
                       " vocabulary ends at ", vocabulary - 1,
                       "; model and tokeniser do not belong together"));
}

std::int64_t teacherBlockSamples(std::int64_t samples) {
    // At most 256 blocks, so that they can all stay mapped; at least 16 samples, so that few are
    // left.
    return std::max<std::int64_t>(16, (samples + 255) / 256);
}

TeacherBlockShape teacherBlockShape(const Corpus& corpus, const TeacherCacheKey& key,
                                    std::int64_t vocabulary) {
    const std::string text = dumpJson(toJson(key));
    return {corpus.sequenceLength() - 1, key.entries(), vocabulary,
            key.sampling ? key.sampling->rounds : 0, xxh3(text.data(), text.size())};
}

std::filesystem::path teacherBlockPath(const std::filesystem::path& folder, std::int64_t block) {
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "block-%05lld.bin", static_cast<long long>(block));
    return folder / name.data();
}

std::int64_t teacherCacheBytes(const Corpus& corpus, std::int64_t entries) {
    const TeacherBlockShape shape{corpus.sequenceLength() - 1, entries, 1};
    return static_cast<std::int64_t>(shape.sampleBytes()) * corpus.samples();
}

void TeacherCacheKey::choose(const DistillSpec& spec, std::uint64_t seed) {
    k = spec.topK;
    sampling.reset();
    if (spec.loss == KdLoss::Sampled)
        sampling = TeacherSampling{spec.sampleRounds, spec.temperature, seed};
}

Json toJson(const TeacherCacheKey& key) {
    Json json{{"model", key.modelSha256},
              {"dtype", key.dtype},
              {"tokenizer", key.tokenizerSha256},
              {"corpus", key.corpusSha256}};
    if (key.sampling)
        json["sampling"] = {{"rounds", key.sampling->rounds},
                            {"temperature", key.sampling->temperature},
                            {"seed", key.sampling->seed}};
    else
        json["k"] = key.k;
    return json;
}

}  // namespace skd
