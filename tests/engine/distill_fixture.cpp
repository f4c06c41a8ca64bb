#include "engine/distill_fixture.h"

#include <ATen/Parallel.h>

#include "base/hash.h"
#include "base/random.h"

namespace skd::test {

std::vector<double> Recorder::metric(const std::string& name) const {
    std::vector<double> values;
    for (const Event& event : events)
        if (const auto* batch = std::get_if<MetricBatch>(&event))
            for (const MetricPoint& point : batch->points)
                if (point.name == name) values.push_back(point.value);
    return values;
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
    return {"model", "f32", "tokenizer", corpus.sha256(), k};
}

OneThread::OneThread() : m_before(at::get_num_threads()) {
    at::set_num_threads(1);
}
OneThread::~OneThread() {
    at::set_num_threads(m_before);
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
