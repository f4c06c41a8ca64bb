#include "eval/benchmark.h"

#include <ATen/Parallel.h>
#include <malloc.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "eval/bandwidth_probe.h"
#include "eval/random_tokens.h"
#include "model/generation.h"

namespace skd {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kPromptStream = 0x62656e6368ull;
constexpr const char* kMemoryDefinition =
    "weights (with masks) as they are held, plus what the process's resident set grew by at most "
    "while the prompts were read and answered once (peak resident set "
    "reset before); other models of the same comparison do not count. Off the CPU: not measured";

double inMilliseconds(Clock::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

Status check(const std::vector<BenchmarkSubject>& subjects, const BenchmarkOptions& o) {
    if (subjects.empty()) return fail(ErrorCode::InvalidInput, "no model is given");
    if (o.batches.empty() || o.prompt < 1 || o.generate < 2 || o.rounds < 1)
        return fail(ErrorCode::InvalidInput,
                    "a benchmark needs a batch, a prompt of at least 1 token, at least 2 generated "
                    "tokens and at least 1 round");
    for (const std::int64_t batch : o.batches)
        if (batch < 1)
            return fail(ErrorCode::InvalidInput,
                        strCat("a batch of ", batch, " sequences makes no sense; give 1 or more"));
    for (const BenchmarkSubject& subject : subjects)
        if (const std::int64_t limit = subject.model.config.maxPositions;
            limit > 0 && o.prompt + o.generate > limit)
            return fail(ErrorCode::InvalidInput,
                        strCat(subject.name, " reads at most ", limit,
                               " tokens, less than prompt and generated tokens together"));
    return {};
}

at::Tensor randomPrompt(const std::vector<BenchmarkSubject>& subjects, std::int64_t batch,
                        std::int64_t length) {
    std::int64_t vocabulary = std::numeric_limits<std::int64_t>::max();
    for (const BenchmarkSubject& subject : subjects)
        vocabulary = std::min(vocabulary, subject.model.config.vocabularySize);
    return randomTokens({batch, length}, vocabulary, CounterRandom(0, kPromptStream));
}

struct Timing {
    double ttft = 0, tpot = 0;  ///< ms
    double cacheBytes = 0;
};

Timing timeOnce(const Decoder& model, const at::Tensor& prompt, std::int64_t generate) {
    const auto next = [](const at::Tensor& logits) { return logits.argmax(-1, true).to(at::kCPU); };
    const Clock::time_point start = Clock::now();
    Generator generator(model, prompt.size(1) + generate);
    at::Tensor ids = next(generator.feed(prompt));
    const Clock::time_point first = Clock::now();
    for (std::int64_t i = 1; i < generate; ++i) ids = next(generator.feed(ids));
    const Clock::time_point end = Clock::now();
    return {inMilliseconds(first - start),
            inMilliseconds(end - first) / static_cast<double>(generate - 1),
            static_cast<double>(generator.cache().bytes())};
}

double parameterBytes(const Decoder& model) {
    Decoder walk = model;
    double bytes = 0;
    walk.visitParameters([&](const std::string&, at::Tensor& tensor) {
        bytes += static_cast<double>(tensor.nbytes());
    });
    return bytes;
}

/// Weights with their masks and permutations.
double heldBytes(const Decoder& model) {
    Decoder walk = model;
    double bytes = parameterBytes(model);
    for (const Linear* linear : walk.matrices({.attention = true}))
        if (const auto* masked = std::get_if<MaskedWeight>(&linear->form()))
            bytes += static_cast<double>(masked->mask.nbytes());
        else
            bytes += static_cast<double>(linear->orderBytes());
    return bytes;
}

/// Most that the process grew by while `work` ran; NaN where it cannot be told.
template <class Work>
double growthWhile(const Decoder& model, Work&& work) {
    ::malloc_trim(0);
    const auto before = static_cast<double>(residentMemoryBytes());
    const bool restarted = restartPeakMemory();
    work();
    if (!restarted || before <= 0 || !model.device().is_cpu())
        return std::numeric_limits<double>::quiet_NaN();
    return static_cast<double>(recentPeakMemoryBytes()) - before;
}

/// Times of one model at one batch, by round.
struct Series {
    std::vector<double> ttft, tpot;
    double peakBytes = 0, cacheBytes = 0;
};

std::vector<double> ratios(const std::vector<double>& first, const std::vector<double>& own) {
    std::vector<double> all;
    for (std::size_t i = 0; i < own.size(); ++i) all.push_back(first[i] / own[i]);
    return all;
}

BenchmarkCell cellOf(std::int64_t batch, std::int64_t prompt, const Series& series,
                     const Series& first) {
    BenchmarkCell cell;
    cell.batch = batch;
    cell.ttftMs = Spread::of(series.ttft);
    cell.tpotMs = Spread::of(series.tpot);
    cell.prefillSpeedup = Spread::of(ratios(first.ttft, series.ttft));
    cell.decodeSpeedup = Spread::of(ratios(first.tpot, series.tpot));
    cell.prefillTokensPerSecond = 1000 * static_cast<double>(batch * prompt) / cell.ttftMs.median;
    cell.decodeTokensPerSecond = 1000 * static_cast<double>(batch) / cell.tpotMs.median;
    cell.peakBytes = series.peakBytes;
    cell.cacheBytes = series.cacheBytes;
    return cell;
}

/// All rounds of one batch; false when cancelled.
bool timeBatch(const std::vector<BenchmarkSubject>& subjects, const BenchmarkOptions& options,
               std::int64_t batch, std::vector<Series>& series,
               const std::function<bool()>& round) {
    const at::Tensor prompt = randomPrompt(subjects, batch, options.prompt);
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        Timing timing;
        series[i].peakBytes = heldBytes(subjects[i].model) + growthWhile(subjects[i].model, [&] {
                                  timing = timeOnce(subjects[i].model, prompt, options.generate);
                              });
        series[i].cacheBytes = timing.cacheBytes;
    }
    for (std::int64_t number = 0; number < options.rounds; ++number) {
        if (!round()) return false;
        for (std::size_t i = 0; i < subjects.size(); ++i) {
            const Timing timing = timeOnce(subjects[i].model, prompt, options.generate);
            series[i].ttft.push_back(timing.ttft);
            series[i].tpot.push_back(timing.tpot);
        }
    }
    return true;
}

BenchmarkModel describe(const BenchmarkSubject& subject, const BenchmarkSubject& first) {
    BenchmarkModel model;
    model.name = subject.name;
    model.parameters = subject.model.parameterCount();
    model.mlpParameters = subject.model.mlpParameterCount();
    model.mlpRemoved = 1 - static_cast<double>(model.mlpParameters) /
                               static_cast<double>(first.model.mlpParameterCount());
    model.weightBytes = heldBytes(subject.model);
    model.bytesPerStep = bytesPerStep(subject.model);
    return model;
}

}  // namespace

double bytesPerStep(const Decoder& model) {
    const double bytes = parameterBytes(model);
    return model.config.tiedHead ? bytes : bytes - static_cast<double>(model.embedding.nbytes());
}

Result<BenchmarkReport> benchmark(const std::vector<BenchmarkSubject>& subjects,
                                  const BenchmarkOptions& options, const RunContext& context) {
    SKD_CHECK(check(subjects, options));
    const Decoder& first = subjects.front().model;
    BenchmarkReport report{options.prompt,
                           options.generate,
                           options.rounds,
                           at::get_num_threads(),
                           first.dtypeName(),
                           first.device().str(),
                           {},
                           kMemoryDefinition,
                           {},
                           false};
    for (const BenchmarkSubject& subject : subjects)
        report.models.push_back(describe(subject, subjects.front()));
    BandwidthProbe probe;
    std::vector<double> bandwidth;
    ProgressMeter meter(context, Stage::Evaluate,
                        static_cast<std::int64_t>(options.batches.size()) * options.rounds,
                        "rounds");
    for (const std::int64_t batch : options.batches) {
        std::vector<Series> series(subjects.size());
        const auto round = [&] {
            if (context.cancelled()) return false;
            bandwidth.push_back(probe.measure());
            meter.advance(1);
            return true;
        };
        report.cancelled = !timeBatch(subjects, options, batch, series, round);
        if (report.cancelled) break;
        for (std::size_t i = 0; i < subjects.size(); ++i)
            report.models[i].cells.push_back(
                cellOf(batch, options.prompt, series[i], series.front()));
    }
    report.bandwidth = Spread::of(bandwidth);
    for (BenchmarkModel& model : report.models)
        for (BenchmarkCell& cell : model.cells)  // the probe reads the CPU's memory
            cell.boundShare =
                first.device().is_cpu()
                    ? model.bytesPerStep / (cell.tpotMs.median / 1000) / report.bandwidth.median
                    : std::nan("");
    return report;
}

}  // namespace skd
