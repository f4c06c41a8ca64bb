#include <c10/core/GradMode.h>

#include <algorithm>
#include <system_error>

#include "base/hash.h"
#include "base/text.h"
#include "distill/kept_logits.h"
#include "distill/teacher_cache.h"
#include "model/head_scoring.h"

namespace skd {
namespace {

/// Makes the blocks of one cache that are not there yet.
class Builder {
public:
    Builder(const Decoder& teacher, const Corpus& corpus, const TeacherCacheKey& key,
            const std::filesystem::path& folder, const RunContext& context)
        : m_teacher(teacher),
          m_corpus(corpus),
          m_key(key),
          m_folder(folder),
          m_context(context),
          m_shape(teacherBlockShape(corpus, key, teacher.head.size(0))),
          m_meter(context, Stage::Teacher, corpus.tokens(), "tokens") {
        const std::string text = dumpJson(toJson(key));
        m_keyHash = xxh3(text.data(), text.size());
    }

    /// False when cancelled.
    Result<bool> run() {
        SKD_CHECK(prepare());
        const std::int64_t perBlock = teacherBlockSamples(m_corpus.samples());
        for (std::int64_t block = 0; block * perBlock < m_corpus.samples(); ++block) {
            const std::int64_t first = block * perBlock;
            SKD_TRY(const bool finished,
                    makeBlock(block, first, std::min(perBlock, m_corpus.samples() - first)));
            if (!finished) return false;
        }
        SKD_CHECK(writeManifest());
        return true;
    }

private:
    [[nodiscard]] Status checkEntries() const {
        const auto most = static_cast<std::int64_t>(kMaxTopK);
        if (m_key.sampling && (m_key.entries() < 1 || m_key.entries() > most))
            return fail(ErrorCode::InvalidInput, strCat("sample_rounds is ", m_key.entries(),
                                                        "; it must lie between 1 and ", most));
        if (!m_key.sampling && (m_key.k < 1 || m_key.k > std::min(most, m_shape.vocabulary)))
            return fail(ErrorCode::InvalidInput,
                        strCat("top_k is ", m_key.k, "; it must lie between 1 and ", most,
                               " and not pass the vocabulary of ", m_shape.vocabulary));
        return {};
    }

    Status prepare() {
        SKD_CHECK(checkEntries());
        if (m_corpus.vocabularyNeeded() > m_shape.vocabulary)
            return fail(ErrorCode::InvalidInput,
                        strCat("the corpus holds token id ", m_corpus.vocabularyNeeded() - 1,
                               ", the teacher's vocabulary ends at ", m_shape.vocabulary - 1,
                               "; model and tokeniser do not belong together"));
        SKD_CHECK(createFolders(m_folder));
        const auto needed =
                       static_cast<std::uint64_t>(teacherCacheBytes(m_corpus, m_key.entries())),
                   free = freeDiskBytes(m_folder);
        if (needed > free)
            return fail(ErrorCode::NoSpace,
                        strCat("the teacher cache needs ", formatBytes(static_cast<double>(needed)),
                               ", ", m_folder.string(), " has ",
                               formatBytes(static_cast<double>(free)), " free; use a smaller ",
                               m_key.sampling ? "sample_rounds" : "top_k", " or fewer samples"));
        return {};
    }

    Result<bool> makeBlock(std::int64_t block, std::int64_t first, std::int64_t count) {
        const std::filesystem::path path = teacherBlockPath(m_folder, block);
        if (reuse(path, first, count)) return !m_context.cancelled();
        TeacherBlockWriter writer(m_shape, m_keyHash, first, count);
        for (std::int64_t sample = first; sample < first + count; ++sample) {
            if (m_context.cancelled()) return false;
            addSample(sample, writer);
            m_meter.advance(m_corpus.length(sample));
        }
        SKD_CHECK(writeFileAtomically(path, writer.finish()));
        return true;
    }

    /// True when the block is there and sound; its coverage is counted from what it holds.
    bool reuse(const std::filesystem::path& path, std::int64_t first, std::int64_t count) {
        const auto file = MappedFile::open(path);
        if (!file ||
            !isTeacherBlock({file->data(), file->size()}, m_shape, m_keyHash, first, count))
            return false;
        std::vector<std::int32_t> ids(m_shape.entries());
        std::vector<float> logP(m_shape.entries()),
            normalisers(static_cast<std::size_t>(m_shape.rows) * kTemperatureGrid.size());
        for (std::int64_t i = 0; i < count; ++i) {
            const TeacherSampleView view(
                file->data() + 64 + static_cast<std::size_t>(i) * m_shape.sampleBytes(), m_shape);
            view.read(ids.data(), logP.data(), normalisers.data());
            for (std::size_t row = 0; row < view.rows(); ++row)
                m_coverage.add(1.0f - normalisers[row * kTemperatureGrid.size()]);
            m_meter.advance(m_corpus.length(first + i));
        }
        return true;
    }

    void addSample(std::int64_t sample, TeacherBlockWriter& writer) {
        const std::int64_t rows = std::max<std::int64_t>(0, m_corpus.length(sample) - 1);
        const auto ids = m_corpus.sample(sample);
        at::Tensor input = at::empty({1, rows}, at::kLong);
        std::copy_n(ids.begin(), rows, input.mutable_data_ptr<std::int64_t>());
        const at::Tensor hidden =
            rows > 0 ? m_teacher.hiddenStates(input.to(m_teacher.device())).squeeze(0)
                     : at::empty({0, 1});
        for (const float mass :
             m_key.sampling ? addDraws(sample, hidden, writer) : addTopK(sample, hidden, writer))
            m_coverage.add(mass);
    }

    template <class T>
    static void append(std::vector<T>& target, const at::Tensor& tensor) {
        const T* data = tensor.const_data_ptr<T>();
        target.insert(target.end(), data, data + tensor.numel());
    }

    std::vector<float> addTopK(std::int64_t sample, const at::Tensor& hidden,
                               TeacherBlockWriter& writer) {
        std::vector<std::int32_t> ids;
        std::vector<float> logP, logZ;
        visitLogits(hidden, m_teacher.head, kHeadChunk,
                    [&](std::int64_t, const at::Tensor& logits) {
                        const TopKRows top = topKRows(logits, m_key.k);
                        append(ids, top.ids);
                        append(logP, top.logProbabilities);
                        append(logZ, top.logZ);
                    });
        return writer.add(TeacherSampleRows{sampleHash(m_corpus, sample), ids, logP, logZ});
    }

    std::vector<float> addDraws(std::int64_t sample, const at::Tensor& hidden,
                                TeacherBlockWriter& writer) {
        std::vector<std::int32_t> ids, counts;
        std::vector<float> entropies, masses;
        visitLogits(hidden, m_teacher.head, kHeadChunk,
                    [&](std::int64_t begin, const at::Tensor& logits) {
                        const TokenDraws draws = drawTokens(logits, *m_key.sampling, sample, begin);
                        append(ids, draws.ids);
                        append(counts, draws.counts);
                        append(entropies, draws.negativeEntropy);
                        append(masses, draws.mass);
                    });
        return writer.add(
            DrawnSampleRows{sampleHash(m_corpus, sample), ids, counts, entropies, masses});
    }

    Status writeManifest() {
        const Json manifest{{"format", "sparsekd-teacher-cache"},
                            {"version", 1},
                            {"key", toJson(m_key)},
                            {"vocabulary", m_shape.vocabulary},
                            {"samples", m_corpus.samples()},
                            {"sequence_length", m_corpus.sequenceLength()},
                            {"temperatures", kTemperatureGrid},
                            {"tokens", m_coverage.tokens},
                            {"mean_coverage", m_coverage.mean()},
                            {"coverage", m_coverage.bins},
                            {"bytes", teacherCacheBytes(m_corpus, m_key.entries())}};
        return writeFileAtomically(m_folder / "manifest.json", dumpJson(manifest, 2) + "\n");
    }

    const Decoder& m_teacher;
    const Corpus& m_corpus;
    const TeacherCacheKey& m_key;
    const std::filesystem::path& m_folder;
    const RunContext& m_context;
    TeacherBlockShape m_shape;
    ProgressMeter m_meter;
    std::uint64_t m_keyHash = 0;
    CoverageHistogram m_coverage;
};

}  // namespace

Result<TeacherCache> buildTeacherCache(const Decoder& teacher, const Corpus& corpus,
                                       const TeacherCacheKey& key,
                                       const std::filesystem::path& folder,
                                       const RunContext& context) {
    const c10::AutoGradMode noGradient(false);
    auto existing = TeacherCache::open(folder, key, corpus);
    if (existing) return existing;
    if (existing.error().code != ErrorCode::NotFound) return existing;
    SKD_TRY(const bool finished, Builder(teacher, corpus, key, folder, context).run());
    if (!finished) return TeacherCache();
    return TeacherCache::open(folder, key, corpus);
}

}  // namespace skd
