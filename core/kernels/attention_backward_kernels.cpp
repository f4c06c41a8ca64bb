#include "kernels/attention_kernels.h"
#include "kernels/attention_rows.h"

namespace skd::kernels {
namespace {

/// In place: scores become probabilities, their gradient that of the scores (without the scale).
template <int kBytes>
SKD_ALWAYS_INLINE void backwardRow(float* scores, float* gradient, KeyRange seen, float logSum) {
    using T = Tile<kBytes>;
    const KeyRange vectors = AttentionRows<kBytes>::vectorsAround(scores, seen);
    clearAround(gradient, vectors, seen);
    typename T::Floats p, g, dot = {};
    for (std::int64_t j = vectors.begin; j < vectors.end; j += T::kLanes) {
        T::load(p, scores + j);
        T::load(g, gradient + j);
        p -= logSum;
        T::exp2NonPositive(p);
        dot += p * g;
        T::save(scores + j, p);
    }
    const float mean = T::sumOf(dot);
    for (std::int64_t j = vectors.begin; j < vectors.end; j += T::kLanes) {
        T::load(p, scores + j);
        T::load(g, gradient + j);
        T::save(gradient + j, p * (g - mean));
    }
}

/// sums [keys, dim] += weights^T [keys, rows] times a [rows, dim].
template <int kBytes>
SKD_ALWAYS_INLINE void addToKeys(const AttentionRows<kBytes>& rows, const float* weights,
                                 const float* a, float* sums) {
    using T = Tile<kBytes>;
    for (std::int64_t key = 0; key < rows.keys.end - rows.keys.begin; key += T::kRows)
        for (std::int64_t column = 0; column < rows.dim; column += T::kColumns)
            T::template multiply<true, true>(
                {weights + key, rows.stride, a + column, rows.dim, rows.count},
                sums + (rows.keys.begin + key) * rows.dim + column, rows.dim);
}

template <int kBytes, class Element>
SKD_ALWAYS_INLINE void attendBlockBackward(AttentionBackward<Element> pass, TokenRange queries,
                                           float* scratch) {
    const AttentionRows<kBytes> rows(pass.shape, queries);
    constexpr std::int64_t kRows = AttentionRows<kBytes>::kRows;
    float* query = scratch;
    float* dOut = query + rows.padded * rows.dim;
    float* dQuery = dOut + rows.padded * rows.dim;
    float* scores = dQuery + rows.padded * rows.dim;
    float* dScores = scores + rows.padded * rows.stride;
    rows.gather(pass.query, pass.shape.scale * kLog2E, query);
    rows.gather(pass.gradient, 1.0f, dOut);
    rows.scores(query, pass.keysTransposed, scores);
    rows.scores(dOut, pass.valuesTransposed, dScores);
    const KeyRange all{rows.keys.begin, rows.keys.end + AttentionRows<kBytes>::kColumns};
    for (std::int64_t row = 0; row < rows.padded; ++row) {
        const std::int64_t q = rows.query(rows.inside(row)), head = rows.head(rows.inside(row));
        float* line = scores + row * rows.stride - rows.keys.begin;
        float* dLine = dScores + row * rows.stride - rows.keys.begin;
        backwardRow<kBytes>(line, dLine, rows.seenBy(q),
                            pass.logSum[head * pass.shape.queries + q]);
        clearAround(line, all, rows.seenBy(q));
        clearAround(dLine, all, rows.seenBy(q));
    }
    float factors[kRows];
    for (std::int64_t i = 0; i < kRows; ++i) factors[i] = pass.shape.scale;
    for (std::int64_t first = 0; first < rows.padded; first += kRows) {
        rows.sumTile(first, dScores, pass.keys, dQuery);
        rows.scatter(dQuery, first, factors, pass.queryGradient);
    }
    addToKeys(rows, dScores, query, pass.keyGradient);
    addToKeys(rows, scores, dOut, pass.valueGradient);
}

template <class Element>
SKD_ALWAYS_INLINE void sumPartsOf(const float* source, std::int64_t stride, std::int64_t parts,
                                  float factor, Element* target, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
        float sum = source[i];
        for (std::int64_t part = 1; part < parts; ++part) sum += source[part * stride + i];
        store(target[i], sum * factor);
    }
}

}  // namespace

template <class Element>
void attendBackward(const AttentionBackward<Element>& pass, TokenRange queries, float* scratch) {
    SKD_DISPATCH(attendBlockBackward<kRegisterBytes>(pass, queries, scratch));
}
template <class Element>
void sumParts(const float* source, std::int64_t stride, std::int64_t parts, float factor,
              Element* target, std::int64_t count) {
    SKD_DISPATCH(sumPartsOf(source, stride, parts, factor, target, count));
}

template void attendBackward(const AttentionBackward<float>&, TokenRange, float*);
template void attendBackward(const AttentionBackward<std::uint16_t>&, TokenRange, float*);
template void sumParts(const float*, std::int64_t, std::int64_t, float, float*, std::int64_t);
template void sumParts(const float*, std::int64_t, std::int64_t, float, std::uint16_t*,
                       std::int64_t);

}  // namespace skd::kernels
