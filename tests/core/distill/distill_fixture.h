#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/model/tiny_model.h"
#include "corpus/corpus.h"
#include "distill/trainer.h"
#include "events/run_context.h"
#include "support/temporary_folder.h"

namespace skd::test {

/// Keeps everything that a stage says.
class Recorder final : public EventSink {
public:
    void emit(Event event) override { events.push_back(std::move(event)); }
    /// Values of a metric in the order they were emitted.
    [[nodiscard]] std::vector<double> metric(const std::string& name) const;
    /// Log lines that contain `text`.
    [[nodiscard]] int lines(const std::string& text) const;
    template <class T>
    [[nodiscard]] int count() const {
        int n = 0;
        for (const Event& event : events) n += std::holds_alternative<T>(event);
        return n;
    }
    /// Steps at which a metric was emitted.
    [[nodiscard]] std::vector<std::int64_t> stepsOf(const std::string& name) const;
    std::vector<Event> events;
};

/// Samples of random ids; every fifth one is padded.
Corpus randomCorpus(std::int64_t samples, std::int64_t length, std::int64_t vocabulary);

/// A context that stops after `polls` looks at it (a negative number never stops).
struct StoppingContext {
    explicit StoppingContext(Recorder* recorder = nullptr, int polls = -1);
    std::stop_source source;
    RunContext context;
};

TeacherCacheKey keyFor(const Corpus& corpus, std::int64_t k = 8);

/// LibTorch on one thread while it lives: tiny models wait for threads longer than they compute,
/// and a forked child must not meet its parent's.
class OneThread {
public:
    OneThread();
    ~OneThread();
    OneThread(const OneThread&) = delete;
    OneThread& operator=(const OneThread&) = delete;

private:
    int m_before;
};

/// A small student of TrainingFixture's vocabulary.
Decoder trainingStudent(at::ScalarType type);

/// A corpus, the cache of a teacher of another seed, and a spec of 12 steps of 3 samples that
/// evaluates every 4 and saves every 3 steps.
struct TrainingFixture {
    static constexpr std::int64_t kVocabulary = 512, kSamples = 20, kLength = 24;

    OneThread oneThread;
    TemporaryFolder folder;
    Corpus corpus = randomCorpus(kSamples, kLength, kVocabulary);
    Decoder teacher;
    TeacherCache cache;
    DistillSpec spec;
    DistillEnvironment environment;

    TrainingFixture();
    TrainingFixture(const TrainingFixture&) = delete;
    TrainingFixture& operator=(const TrainingFixture&) = delete;
    /// A perplexity over the corpus's first samples.
    [[nodiscard]] double nll(const Decoder& model) const;
    /// Trains against the cache.
    Result<DistillReport> run(Decoder& model, const RunContext& context = {});
    Result<DistillReport> runWith(const TeacherSignal& signal, Decoder& model,
                                  const RunContext& context = {});
    /// The cache that the spec asks for.
    TeacherCache cacheForSpec();
};

/// SHA-256 over all parameters in order.
std::string weightsSha256(Decoder& decoder);

}  // namespace skd::test
