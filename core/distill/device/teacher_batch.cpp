#include "distill/device/teacher_batch.h"

#include <algorithm>

#include "model/device_copy.h"
#include "model/device_scoring.h"

namespace skd {
namespace {

/// Ids [samples, length] of samples as they are, padded, and the rows that have a next token.
struct SampleInput {
    at::Tensor ids, rows, uniforms;
    std::vector<std::int64_t> begins{0};
};

SampleInput sampleInput(const Corpus& corpus, const TeacherCacheKey& key,
                        const std::vector<std::int64_t>& samples) {
    const std::int64_t length = corpus.sequenceLength() - 1;
    SampleInput input;
    input.ids = at::empty({static_cast<std::int64_t>(samples.size()), length}, at::kLong);
    auto* out = input.ids.mutable_data_ptr<std::int64_t>();
    std::vector<at::Tensor> rows, uniforms;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        out = std::copy_n(corpus.sample(samples[i]).begin(), length, out);
        const std::int64_t count = std::max<std::int64_t>(0, corpus.length(samples[i]) - 1),
                           begin = static_cast<std::int64_t>(i) * length;
        rows.push_back(at::arange(begin, begin + count));
        if (key.sampling) uniforms.push_back(drawUniforms(*key.sampling, samples[i], 0, count));
        input.begins.push_back(input.begins.back() + count);
    }
    input.rows = at::cat(rows);
    if (key.sampling) input.uniforms = at::cat(uniforms);
    return input;
}

/// Tensors that each chunk of logits gives, joined and on the host.
std::vector<at::Tensor> joinedChunks(
    const at::Tensor& hidden, const at::Tensor& head,
    const std::function<std::vector<at::Tensor>(std::int64_t begin, const at::Tensor& logits)>&
        keep) {
    std::vector<std::vector<at::Tensor>> columns;
    visitLogits(hidden, head, device::headRows(head.size(0)),
                [&](std::int64_t begin, const at::Tensor& logits) {
                    const std::vector<at::Tensor> kept = keep(begin, logits);
                    columns.resize(kept.size());
                    for (std::size_t i = 0; i < kept.size(); ++i) columns[i].push_back(kept[i]);
                });
    std::vector<at::Tensor> joined;
    for (const std::vector<at::Tensor>& column : columns) joined.push_back(at::cat(column));
    return downloadTogether(joined);
}

/// Rows [begin, begin + count) of a tensor without gaps.
template <class T>
std::span<const T> rowsOfTensor(const at::Tensor& tensor, std::int64_t begin, std::int64_t count) {
    const std::int64_t width = tensor.dim() > 1 ? tensor.size(1) : 1;
    return {tensor.const_data_ptr<T>() + begin * width, static_cast<std::size_t>(count * width)};
}

}  // namespace

std::int64_t samplesTogether(const Decoder& teacher, const Corpus& corpus) {
    if (teacher.device().is_cpu()) return 1;
    return std::max<std::int64_t>(
        1, device::kPassTokens / std::max<std::int64_t>(1, corpus.sequenceLength() - 1));
}

std::vector<float> TeacherBatch::add(std::size_t index, std::uint64_t hash,
                                     TeacherBlockWriter& writer) const {
    const std::int64_t begin = begins[index], count = begins[index + 1] - begin;
    if (count == 0)
        return isDrawn ? writer.add(DrawnSampleRows{hash, {}, {}, {}, {}})
                       : writer.add(TeacherSampleRows{hash, {}, {}, {}});
    if (isDrawn)
        return writer.add(DrawnSampleRows{hash, rowsOfTensor<std::int32_t>(draws.ids, begin, count),
                                          rowsOfTensor<std::int32_t>(draws.counts, begin, count),
                                          rowsOfTensor<float>(draws.negativeEntropy, begin, count),
                                          rowsOfTensor<float>(draws.mass, begin, count)});
    return writer.add(TeacherSampleRows{hash, rowsOfTensor<std::int32_t>(top.ids, begin, count),
                                        rowsOfTensor<float>(top.logProbabilities, begin, count),
                                        rowsOfTensor<float>(top.logZ, begin, count)});
}

TeacherBatch runTeacher(const Decoder& teacher, const Corpus& corpus, const TeacherCacheKey& key,
                        const std::vector<std::int64_t>& samples) {
    TeacherBatch batch;
    batch.isDrawn = key.sampling.has_value();
    if (samples.empty()) return batch;
    const SampleInput input = sampleInput(corpus, key, samples);
    batch.begins = input.begins;
    if (input.begins.back() == 0) return batch;
    const std::vector<at::Tensor> moved =
        uploadTogether({input.ids, input.rows, input.uniforms}, teacher.device());
    const at::Tensor hidden =
        teacher.hiddenStates(moved[0]).flatten(0, 1).index_select(0, moved[1]);
    if (key.sampling) {
        const std::vector<at::Tensor> hits =
            joinedChunks(hidden, teacher.head, [&](std::int64_t begin, const at::Tensor& logits) {
                const DrawHits some = drawTogether(logits, key.sampling->temperature,
                                                   moved[2].narrow(0, begin, logits.size(0)));
                return std::vector{some.ids, some.probabilities, some.negativeEntropy};
            });
        batch.draws = countDraws({hits[0], hits[1], hits[2]});
        return batch;
    }
    const std::vector<at::Tensor> kept =
        joinedChunks(hidden, teacher.head, [&](std::int64_t, const at::Tensor& logits) {
            const TopKRows some = topKTogether(logits, key.k);
            return std::vector{some.ids, some.logProbabilities, some.logZ};
        });
    batch.top = {kept[0], kept[1], kept[2]};
    checkKept(batch.top);
    return batch;
}

}  // namespace skd
