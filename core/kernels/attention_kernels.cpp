#include "kernels/attention_kernels.h"

#include "kernels/attention_rows.h"

namespace skd::kernels {
namespace {

struct RowSum {
    float maximum, sum;
};

/// Exponentials of a row's visible scores less their maximum, in place.
template <int kBytes>
SKD_ALWAYS_INLINE RowSum exponentials(float* row, KeyRange seen) {
    using T = Tile<kBytes>;
    const KeyRange vectors = AttentionRows<kBytes>::vectorsAround(row, seen);
    typename T::Floats most, x, total = {};
    T::load(most, row + vectors.begin);
    for (std::int64_t j = vectors.begin + T::kLanes; j < vectors.end; j += T::kLanes) {
        T::load(x, row + j);
        most = x > most ? x : most;
    }
    float maximum = most[0];
    for (std::int64_t i = 1; i < T::kLanes; ++i) maximum = most[i] > maximum ? most[i] : maximum;
    for (std::int64_t j = vectors.begin; j < vectors.end; j += T::kLanes) {
        T::load(x, row + j);
        x -= maximum;
        T::exp2NonPositive(x);
        total += x;
        T::save(row + j, x);
    }
    return {maximum, T::sumOf(total)};
}

template <int kBytes, class Element>
SKD_ALWAYS_INLINE void attendBlock(AttentionForward<Element> pass, TokenRange queries,
                                   float* scratch) {
    const AttentionRows<kBytes> rows(pass.shape, queries);
    constexpr std::int64_t kRows = AttentionRows<kBytes>::kRows;
    float* query = scratch;
    float* out = query + rows.padded * rows.dim;
    float* scores = out + rows.padded * rows.dim;
    rows.gather(pass.query, pass.shape.scale * kLog2E, query);
    rows.scores(query, pass.keys, scores);
    for (std::int64_t first = 0; first < rows.padded; first += kRows) {
        const KeyRange own = rows.panelsOfTile(first);
        float factors[kRows];
        for (std::int64_t row = first; row < first + kRows; ++row) {
            const std::int64_t q = rows.query(rows.inside(row));
            float* line = scores + row * rows.stride - rows.keys.begin;
            const RowSum sum = exponentials<kBytes>(line, rows.seenBy(q));
            clearAround(line, own, rows.seenBy(q));
            factors[row - first] = 1.0f / sum.sum;
            if (pass.logSum != nullptr && row < rows.count)
                pass.logSum[rows.head(row) * pass.shape.queries + q] =
                    sum.maximum + __builtin_log2f(sum.sum);
        }
        rows.sumTile(first, scores, pass.values, out);
        rows.scatter(out, first, factors, pass.output);
    }
}

template <int kBytes, class Element>
SKD_ALWAYS_INLINE void transposedPanels(Packing<Element> packing, TokenRange range) {
    constexpr std::int64_t kColumns = Tile<kBytes>::kColumns;
    float* panel = packing.panels + range.first * packing.dim;
    for (std::int64_t key = range.first; key < range.first + range.count; key += kColumns) {
        for (std::int64_t j = 0; j < kColumns; ++j) {
            const bool valid = key + j < packing.keys;
            const Element* row = packing.rows.at(0, valid ? key + j : 0);
            for (std::int64_t i = 0; i < packing.dim; ++i)
                panel[i * kColumns + j] = valid ? toFloat(row[i]) : 0;
        }
        panel += packing.dim * kColumns;
    }
}

template <int kBytes, class Element>
SKD_ALWAYS_INLINE void plainPanels(Packing<Element> packing, TokenRange range) {
    constexpr std::int64_t kColumns = Tile<kBytes>::kColumns;
    for (std::int64_t column = 0; column < packing.dim; column += kColumns) {
        const std::int64_t filled = lesser(kColumns, packing.dim - column);
        for (std::int64_t key = range.first; key < range.first + range.count; ++key) {
            float* target = packing.panels + column * packing.keys + key * kColumns;
            const Element* source = packing.rows.at(0, key) + column;
            for (std::int64_t j = 0; j < filled; ++j) target[j] = toFloat(source[j]);
            for (std::int64_t j = filled; j < kColumns; ++j) target[j] = 0;
        }
    }
}

}  // namespace

TileShape attentionTile() {
    return SKD_DISPATCH(TileShape{Tile<kRegisterBytes>::kRows, Tile<kRegisterBytes>::kColumns});
}

std::int64_t attentionScratch(const AttentionShape& shape, std::int64_t queries) {
    const TileShape tile = attentionTile();
    const std::int64_t rows = upTo(queries * shape.heads, tile.rows);
    std::int64_t seen = shape.keys;
    if (shape.window > 0) seen = lesser(seen, shape.window + queries + tile.columns);
    return rows *
           (3 * upTo(shape.dim, tile.columns) + 2 * (upTo(seen, tile.columns) + tile.columns));
}

template <class Element>
void pack(const Packing<Element>& packing, TokenRange range) {
    if (packing.kind == Panels::Transposed)
        SKD_DISPATCH(transposedPanels<kRegisterBytes>(packing, range));
    else
        SKD_DISPATCH(plainPanels<kRegisterBytes>(packing, range));
}
template <class Element>
void attend(const AttentionForward<Element>& pass, TokenRange queries, float* scratch) {
    SKD_DISPATCH(attendBlock<kRegisterBytes>(pass, queries, scratch));
}

template void pack(const Packing<float>&, TokenRange);
template void pack(const Packing<std::uint16_t>&, TokenRange);
template void attend(const AttentionForward<float>&, TokenRange, float*);
template void attend(const AttentionForward<std::uint16_t>&, TokenRange, float*);

}  // namespace skd::kernels
