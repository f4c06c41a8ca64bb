#include "core/distill/distill_fixture.h"

#include <ATen/Parallel.h>

#include <cmath>

#include "base/hash.h"
#include "base/random.h"
#include "base/text.h"

namespace skd::test {

std::vector<double> Recorder::metric(const std::string& name) const {
    std::vector<double> values;
    for (const Event& event : events)
        if (const auto* batch = std::get_if<MetricBatch>(&event))
            for (const MetricPoint& point : batch->points)
                if (point.name == name) values.push_back(point.value);
    return values;
}

std::vector<std::int64_t> Recorder::stepsOf(const std::string& name) const {
    std::vector<std::int64_t> steps;
    for (const Event& event : events)
        if (const auto* batch = std::get_if<MetricBatch>(&event))
            for (const MetricPoint& point : batch->points)
                if (point.name == name) steps.push_back(point.step);
    return steps;
}

int Recorder::lines(const std::string& text) const {
    int n = 0;
    for (const Event& event : events)
        if (const auto* line = std::get_if<LogLine>(&event))
            n += line->text.find(text) != std::string::npos;
    return n;
}

Corpus randomCorpus(std::int64_t samples, std::int64_t length, std::int64_t vocabulary) {
    const CounterRandom random(1, 2);
    std::vector<TokenId> ids;
    std::vector<std::uint32_t> lengths;
    for (std::int64_t i = 0; i < samples * length; ++i)
        ids.push_back(static_cast<TokenId>(
            random.below(static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(vocabulary))));
    for (std::int64_t i = 0; i < samples; ++i)
        lengths.push_back(static_cast<std::uint32_t>(i % 5 == 4 ? length / 2 : length));
    return {length, std::move(ids), std::move(lengths)};
}

StoppingContext::StoppingContext(Recorder* recorder, int polls) {
    context.sink = recorder;
    context.seed = 42;
    context.stop = source.get_token();
    if (polls < 0) return;
    auto left = std::make_shared<int>(polls);
    context.waitWhilePaused = [this, left] {
        if ((*left)-- <= 0) source.request_stop();
    };
}

TeacherCacheKey keyFor(const Corpus& corpus, std::int64_t k) {
    return {"model", "f32", "tokenizer", corpus.sha256(), k, {}};
}

OneThread::OneThread() : m_before(at::get_num_threads()) {
    at::set_num_threads(1);
}
OneThread::~OneThread() {
    at::set_num_threads(m_before);
}

Decoder trainingStudent(at::ScalarType type) {
    const Decoder decoder = tinyDecoder(7, {.vocabulary = TrainingFixture::kVocabulary,
                                            .hidden = 64,
                                            .intermediate = 96,
                                            .headDim = 16});
    return decoder.to(at::kCPU, type);
}

TrainingFixture::TrainingFixture() {
    teacher = tinyDecoder(
        3, {.vocabulary = kVocabulary, .hidden = 64, .intermediate = 96, .headDim = 16});
    cache = buildTeacherCache(teacher, corpus, keyFor(corpus, 16), folder / "teacher", {}).value();
    spec.steps = 12;
    spec.batch = 3;
    spec.microBatch = 1;  // so that a step has several passes
    spec.learningRate = 1e-2;
    spec.warmup = 2;
    spec.evalEvery = 4;
    spec.checkpointEvery = 3;
    spec.stopOnRise = spec.stopOnPlateau = false;
    environment.specSha256 = "spec";
    environment.checkpointFolder = folder / "checkpoints";
    environment.evaluate = [this](const Decoder& model, std::int64_t) -> Result<double> {
        return nll(model);
    };
}

double TrainingFixture::nll(const Decoder& model) const {
    double sum = 0;
    for (std::int64_t i = 0; i < 2; ++i) {
        at::Tensor ids = at::empty({1, kLength}, at::kLong);
        for (std::int64_t t = 0; t < kLength; ++t)
            ids[0][t] = static_cast<std::int64_t>(corpus.sample(i)[static_cast<std::size_t>(t)]);
        const at::Tensor hidden = model.hiddenStates(ids).squeeze(0).narrow(0, 0, kLength - 1);
        sum += scoreTokens(hidden, model.head, ids[0].narrow(0, 1, kLength - 1).contiguous())
                   .sum()
                   .item<double>();
    }
    return std::exp(sum / (2 * (kLength - 1)));
}

Result<DistillReport> TrainingFixture::run(Decoder& model, const RunContext& context) {
    return runWith(cache, model, context);
}

Result<DistillReport> TrainingFixture::runWith(const TeacherSignal& signal, Decoder& model,
                                               const RunContext& context) {
    return distill(model, corpus, signal, spec, environment, context);
}

TeacherCache TrainingFixture::cacheForSpec() {
    TeacherCacheKey key = keyFor(corpus);
    key.choose(spec, 42);
    return buildTeacherCache(teacher, corpus, key,
                             folder / strCat("cache-", dumpJson(toJson(key)).size(), "-",
                                             enumName(spec.loss), "-", key.entries()),
                             {})
        .value();
}

std::string weightsSha256(Decoder& decoder) {
    Sha256 hash;
    decoder.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        const at::Tensor host = tensor.detach().contiguous();
        hash.update(name).update(host.const_data_ptr(), host.nbytes());
    });
    return hash.hex();
}

}  // namespace skd::test
