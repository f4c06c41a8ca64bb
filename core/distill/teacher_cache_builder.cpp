#include <c10/core/GradMode.h>

#include <algorithm>
#include <future>
#include <optional>
#include <set>
#include <system_error>
#include <unordered_map>

#include "base/hash.h"
#include "base/processes/file_turn.h"
#include "base/text.h"
#include "distill/device/teacher_batch.h"
#include "distill/kept_logits.h"
#include "distill/teacher_cache.h"
#include "model/head_scoring.h"

namespace skd {
namespace {

/// Shares of tokens whose k entries together hold so much probability at T = 1.
struct CoverageHistogram {
    std::vector<std::int64_t> bins =
        std::vector<std::int64_t>(20, 0);  ///< [0, 0.05), [0.05, 0.1), ...
    double sum = 0;
    std::int64_t tokens = 0;

    void add(float mass) {
        const auto bin =
            static_cast<std::size_t>(std::max(0.0f, mass) * static_cast<float>(bins.size()));
        ++bins[std::min(bin, bins.size() - 1)];
        sum += static_cast<double>(mass);
        ++tokens;
    }
    [[nodiscard]] double mean() const { return tokens > 0 ? sum / static_cast<double>(tokens) : 0; }
};

/// Makes the blocks of one cache that are not there yet.
struct Builder {
    const Decoder& teacher;
    const Corpus& corpus;
    const TeacherCacheKey& key;
    const std::filesystem::path& folder;
    const RunContext& context;
    TeacherBlockShape shape = teacherBlockShape(corpus, key, teacher.head.size(0));
    ProgressMeter meter{context, Stage::Teacher, corpus.tokens(), "tokens"};
    CoverageHistogram coverage = {};
    const std::int64_t perBlock = teacherBlockSamples(corpus.samples());
    std::unordered_map<std::uint64_t, std::int64_t> firstOf = {};  ///< sample by hash of its text
    /// The block that is being written while a device computes the next one.
    std::future<Status> writing = {};
    bool isShared = false;             ///< blocks are being made together with other processes
    std::set<std::int64_t> told = {};  ///< blocks whose progress was told then

    /// False when cancelled.
    Result<bool> run() {
        SKD_CHECK(prepare());
        if (context.devices != nullptr) {
            SKD_TRY(const bool finished, makeTogether());
            if (!finished) return false;
        }
        for (std::int64_t block = 0; block * perBlock < corpus.samples(); ++block) {
            const std::int64_t first = block * perBlock;
            SKD_TRY(const bool finished,
                    makeBlock(block, first, std::min(perBlock, corpus.samples() - first)));
            if (!finished) return false;
        }
        SKD_CHECK(written());
        SKD_CHECK(writeManifest());
        return true;
    }

    [[nodiscard]] Status checkEntries() const {
        const auto most = static_cast<std::int64_t>(kMaxTopK);
        if (key.sampling && (key.entries() < 1 || key.entries() > most))
            return fail(ErrorCode::InvalidInput, strCat("sample_rounds is ", key.entries(),
                                                        "; it must lie between 1 and ", most));
        if (!key.sampling && (key.k < 1 || key.k > std::min(most, shape.vocabulary)))
            return fail(ErrorCode::InvalidInput,
                        strCat("top_k is ", key.k, "; it must lie between 1 and ", most,
                               " and not pass the vocabulary of ", shape.vocabulary));
        return {};
    }

    Status prepare() {
        SKD_CHECK(checkEntries());
        SKD_CHECK(checkVocabulary(corpus, shape.vocabulary, "teacher's"));
        SKD_CHECK(createFolders(folder));
        const auto needed = static_cast<std::uint64_t>(teacherCacheBytes(corpus, key.entries())),
                   free = freeDiskBytes(folder);
        if (needed > free)
            return fail(ErrorCode::NoSpace,
                        strCat("the teacher cache needs ", formatBytes(static_cast<double>(needed)),
                               ", ", folder.string(), " has ",
                               formatBytes(static_cast<double>(free)), " free; use a smaller ",
                               key.sampling ? "sample_rounds" : "top_k", " or fewer samples"));
        return {};
    }

    Result<bool> makeBlock(std::int64_t block, std::int64_t first, std::int64_t count) {
        const std::filesystem::path path = teacherBlockPath(folder, block);
        if (reuse(path, first, count)) return !context.cancelled();
        TeacherBlockWriter writer(shape, first, count);
        const std::int64_t most = samplesTogether(teacher, corpus);
        for (std::int64_t sample = first; sample < first + count;) {
            if (context.cancelled()) return false;
            const std::int64_t some = std::min(most, first + count - sample);
            if (most > 1)
                addBatch(sample, some, writer);
            else
                addOne(sample, addSample(sample, writer));
            sample += some;
        }
        SKD_CHECK(written());
        if (teacher.device().is_cpu()) {
            SKD_CHECK(writeFileAtomically(path, writer.finish()));
            return true;
        }
        writing = std::async(std::launch::async, [path, bytes = writer.finish()] {
            return writeFileAtomically(path, bytes);
        });
        return true;
    }

    // --- with other processes

    [[nodiscard]] std::int64_t countOf(std::int64_t block) const {
        return std::min(perBlock, corpus.samples() - block * perBlock);
    }

    /// The blocks that rank 0 lacks, in every process.
    Result<std::vector<std::int64_t>> missingBlocks() {
        const std::int64_t blocks = (corpus.samples() + perBlock - 1) / perBlock;
        const at::Tensor missing = at::zeros({blocks}, at::kByte);
        for (std::int64_t block = 0; context.devices->leads() && block < blocks; ++block) {
            const auto file = MappedFile::open(teacherBlockPath(folder, block));
            missing[block] = !file || !isSound(*file, block * perBlock, countOf(block));
        }
        SKD_CHECK(context.devices->broadcast(missing, 0));
        std::vector<std::int64_t> list;
        for (std::int64_t block = 0; block < blocks; ++block)
            if (missing.const_data_ptr<std::uint8_t>()[block] != 0) list.push_back(block);
        return list;
    }

    /// Each process makes a block at a time; rank 0 writes all of them. False when cancelled.
    Result<bool> makeTogether() {
        SKD_TRY(const std::vector<std::int64_t> missing, missingBlocks());
        isShared = true;
        const auto size = static_cast<std::size_t>(context.devices->size()),
                   own = static_cast<std::size_t>(context.devices->rank());
        for (std::size_t first = 0; first < missing.size(); first += size) {
            SKD_TRY(const bool stops, context.devices->any(context.cancelled()));
            if (stops) return false;
            const std::size_t some = std::min(size, missing.size() - first);
            const std::string made = own < some ? blockBytes(missing[first + own]) : "";
            for (std::size_t rank = 0; rank < some; ++rank)
                SKD_CHECK(passBlock(missing[first + rank], static_cast<int>(rank), made));
        }
        isShared = false;
        return true;
    }

    /// A block by itself: samples that repeat those of others are computed again, to the same bits.
    std::string blockBytes(std::int64_t block) {
        TeacherBlockWriter writer(shape, block * perBlock, countOf(block));
        const std::int64_t most = samplesTogether(teacher, corpus),
                           end = block * perBlock + countOf(block);
        firstOf.clear();
        for (std::int64_t sample = block * perBlock; sample < end;) {
            const std::int64_t some = std::min(most, end - sample);
            if (most > 1)
                addBatch(sample, some, writer);
            else
                static_cast<void>(addSample(sample, writer));
            sample += some;
        }
        firstOf.clear();
        return writer.finish();
    }

    /// Brings a block from the process that has made it to rank 0's disk.
    Status passBlock(std::int64_t block, int from, const std::string& made) {
        const bool isOwn = context.devices->rank() == from;
        at::Tensor bytes =
            at::empty({static_cast<std::int64_t>(shape.blockBytes(countOf(block)))}, at::kByte);
        if (isOwn) std::copy(made.begin(), made.end(), bytes.mutable_data_ptr<std::uint8_t>());
        SKD_CHECK(context.devices->broadcast(bytes, from));
        if (!context.devices->leads()) return {};
        told.insert(block);
        for (std::int64_t i = 0; i < countOf(block); ++i)
            meter.advance(corpus.length(block * perBlock + i));
        return writeFileAtomically(
            teacherBlockPath(folder, block),
            {reinterpret_cast<const char*>(bytes.const_data_ptr<std::uint8_t>()), bytes.nbytes()});
    }

    /// Waits for the block that is being written.
    Status written() { return writing.valid() ? writing.get() : Status(); }

    void addOne(std::int64_t sample, const std::vector<float>& masses) {
        if (isShared) return;  // counted when the block is read
        for (const float mass : masses) coverage.add(mass);
        meter.advance(corpus.length(sample));
    }

    /// Samples [first, first + count) of the same block.
    void addBatch(std::int64_t first, std::int64_t count, TeacherBlockWriter& writer) {
        std::vector<std::int64_t> computed, earlier;
        for (std::int64_t sample = first; sample < first + count; ++sample) {
            const auto [known, isNew] = firstOf.try_emplace(sampleHash(corpus, sample), sample);
            earlier.push_back(isNew || key.sampling ? sample : known->second);
            if (earlier.back() == sample) computed.push_back(sample);
        }
        const TeacherBatch batch = runTeacher(teacher, corpus, key, computed);
        std::size_t index = 0;
        for (std::int64_t sample = first; sample < first + count; ++sample) {
            const std::int64_t from = earlier[static_cast<std::size_t>(sample - first)];
            if (from == sample) {
                addOne(sample, batch.add(index++, sampleHash(corpus, sample), writer));
            } else if (auto masses = addAgain(from, sample, writer)) {
                addOne(sample, *masses);
            } else {
                const TeacherBatch alone = runTeacher(teacher, corpus, key, {sample});
                addOne(sample, alone.add(0, sampleHash(corpus, sample), writer));
            }
        }
    }

    [[nodiscard]] TeacherSampleView sampleOf(const MappedFile& block, std::int64_t index) const {
        return sampleOfBlock(block.data(), index, shape);
    }

    [[nodiscard]] bool isSound(const MappedFile& file, std::int64_t first,
                               std::int64_t count) const {
        if (!isTeacherBlock({file.data(), file.size()}, shape, first, count)) return false;
        for (std::int64_t i = 0; i < count; ++i)
            if (checkTeacherSample(sampleOf(file, i), shape, sampleHash(corpus, first + i),
                                   std::max<std::int64_t>(0, corpus.length(first + i) - 1)) !=
                TeacherFault::None)
                return false;
        return true;
    }

    /// True when the block is there and sound; its coverage is counted from what it holds.
    bool reuse(const std::filesystem::path& path, std::int64_t first, std::int64_t count) {
        const auto file = MappedFile::open(path);
        if (!file || !isSound(*file, first, count)) return false;
        for (std::int64_t i = 0; i < count; ++i) {
            const TeacherSampleView view = sampleOf(*file, i);
            for (const float mass : view.masses()) coverage.add(mass);
            firstOf.try_emplace(view.sampleHash(), first + i);
            if (!told.contains(first / perBlock)) meter.advance(corpus.length(first + i));
        }
        return true;
    }

    /// Copies the rows of an earlier sample of the same text; nothing where they cannot be read.
    std::optional<std::vector<float>> addAgain(std::int64_t earlier, std::int64_t sample,
                                               TeacherBlockWriter& writer) {
        const std::int64_t block = earlier / perBlock, index = earlier % perBlock;
        if (block == sample / perBlock) return writer.add(writer.sample(index));
        if (!written()) return std::nullopt;
        const auto file = MappedFile::open(teacherBlockPath(folder, block));
        if (!file || file->size() != shape.blockBytes(perBlock)) return std::nullopt;
        return writer.add(sampleOf(*file, index));
    }

    /// Returns the masses of its rows. Draws differ from sample to sample, also of the same text.
    std::vector<float> addSample(std::int64_t sample, TeacherBlockWriter& writer) {
        const auto [known, isNew] = firstOf.try_emplace(sampleHash(corpus, sample), sample);
        if (!isNew && !key.sampling)
            if (auto masses = addAgain(known->second, sample, writer)) return std::move(*masses);
        const std::int64_t rows = std::max<std::int64_t>(0, corpus.length(sample) - 1);
        const auto ids = corpus.sample(sample);
        at::Tensor input = at::empty({1, rows}, at::kLong);
        std::copy_n(ids.begin(), rows, input.mutable_data_ptr<std::int64_t>());
        const at::Tensor hidden = rows > 0
                                      ? teacher.hiddenStates(input.to(teacher.device())).squeeze(0)
                                      : at::empty({0, 1});
        return key.sampling ? addDraws(sample, hidden, writer) : addTopK(sample, hidden, writer);
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
        visitLogits(hidden, teacher.head, kHeadChunk, [&](std::int64_t, const at::Tensor& logits) {
            const TopKRows top = topKRows(logits, key.k);
            append(ids, top.ids);
            append(logP, top.logProbabilities);
            append(logZ, top.logZ);
        });
        return writer.add(TeacherSampleRows{sampleHash(corpus, sample), ids, logP, logZ});
    }

    std::vector<float> addDraws(std::int64_t sample, const at::Tensor& hidden,
                                TeacherBlockWriter& writer) {
        std::vector<std::int32_t> ids, counts;
        std::vector<float> entropies, masses;
        visitLogits(hidden, teacher.head, kHeadChunk,
                    [&](std::int64_t begin, const at::Tensor& logits) {
                        const TokenDraws draws = drawTokens(logits, *key.sampling, sample, begin);
                        append(ids, draws.ids);
                        append(counts, draws.counts);
                        append(entropies, draws.negativeEntropy);
                        append(masses, draws.mass);
                    });
        return writer.add(
            DrawnSampleRows{sampleHash(corpus, sample), ids, counts, entropies, masses});
    }

    Status writeManifest() {
        const Json manifest{{"format", "sparsekd-teacher-cache"},
                            {"version", 1},
                            {"key", toJson(key)},
                            {"vocabulary", shape.vocabulary},
                            {"samples", corpus.samples()},
                            {"sequence_length", corpus.sequenceLength()},
                            {"temperatures", kTemperatureGrid},
                            {"tokens", coverage.tokens},
                            {"mean_coverage", coverage.mean()},
                            {"coverage", coverage.bins},
                            {"bytes", teacherCacheBytes(corpus, key.entries())}};
        return writeVerifiedJson(folder / "manifest.json", kTeacherManifest, manifest);
    }
};

/// Empty when cancelled.
Result<TeacherCache> makeTeacherCache(Builder builder) {
    SKD_TRY(const bool finished, builder.run());
    if (!finished) return TeacherCache();
    return TeacherCache::open(builder.folder, builder.key, builder.corpus);
}

}  // namespace

Status makeTeacherShare(const Decoder& teacher, const Corpus& corpus, const TeacherCacheKey& key,
                        const RunContext& context) {
    const c10::AutoGradMode noGradient(false);
    const std::filesystem::path nowhere;
    Builder builder{teacher, corpus, key, nowhere, context};
    SKD_TRY(const bool finished, builder.makeTogether());
    static_cast<void>(finished);
    return {};
}

Result<TeacherCache> buildTeacherCache(const Decoder& teacher, const Corpus& corpus,
                                       const TeacherCacheKey& key,
                                       const std::filesystem::path& folder,
                                       const RunContext& context) {
    const c10::AutoGradMode noGradient(false);
    auto existing = TeacherCache::open(folder, key, corpus);
    if (existing) return existing;
    const auto turn = turnToMake(folder.parent_path(), folder.filename().string(),
                                 [&] { return context.cancelled(); });
    if (turn) existing = TeacherCache::open(folder, key, corpus);
    if (existing) return existing;
    const bool isDamaged = existing.error().code == ErrorCode::Corrupt;
    if (!isDamaged && existing.error().code != ErrorCode::NotFound) return existing;
    if (isDamaged) {
        context.log(log::Level::Warning, "the damaged part of a teacher cache is made again: " +
                                             existing.error().message);
        std::error_code ignored;  // it vouches for what is no longer so
        std::filesystem::remove(folder / "manifest.json", ignored);
    }
    auto made = makeTeacherCache({teacher, corpus, key, folder, context});
    if (!isDamaged || made || made.error().code != ErrorCode::Corrupt) return made;
    // What is wrong shows only in all blocks together, as copies of samples do.
    for (std::int64_t block = 0; block * teacherBlockSamples(corpus.samples()) < corpus.samples();
         ++block) {
        std::error_code ignored;
        std::filesystem::remove(teacherBlockPath(folder, block), ignored);
    }
    return makeTeacherCache({teacher, corpus, key, folder, context});
}

}  // namespace skd
