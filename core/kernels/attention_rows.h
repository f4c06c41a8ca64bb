#pragma once

#include "kernels/attention_kernels.h"
#include "kernels/tile.h"

namespace skd::kernels {

/// A half-open range of keys.
struct KeyRange {
    std::int64_t begin = 0, end = 0;
};

SKD_ALWAYS_INLINE void clear(float* row, KeyRange range) {
    for (std::int64_t j = range.begin; j < range.end; ++j) row[j] = 0;
}
/// Zeros in `all` of a row but for `seen`.
SKD_ALWAYS_INLINE void clearAround(float* row, KeyRange all, KeyRange seen) {
    clear(row, {all.begin, seen.begin});
    clear(row, {seen.end, all.end});
}

/// What forward and backward passes do with the rows of a block: row r is head r % heads of query
/// first + r / heads, so that the rows of a tile see nearly the same keys. Rows, dimensions and
/// keys are padded to whole tiles.
template <int kBytes>
struct AttentionRows {
    using T = Tile<kBytes>;
    static constexpr std::int64_t kRows = T::kRows, kColumns = T::kColumns, kLanes = T::kLanes;

    AttentionShape shape;
    TokenRange block;
    std::int64_t count, padded, dim;
    KeyRange keys;        ///< in whole panels: what the block's queries see
    std::int64_t stride;  ///< of a row of scores

    SKD_ALWAYS_INLINE AttentionRows(AttentionShape s, TokenRange queries)
        : shape(s),
          block(queries),
          count(queries.count * s.heads),
          padded(upTo(count, kRows)),
          dim(upTo(s.dim, kColumns)),
          keys(panelsOf(queries.first, queries.first + queries.count - 1)),
          stride(keys.end - keys.begin + kColumns) {}

    SKD_ALWAYS_INLINE std::int64_t query(std::int64_t row) const {
        return block.first + row / shape.heads;
    }
    SKD_ALWAYS_INLINE std::int64_t head(std::int64_t row) const { return row % shape.heads; }
    /// Padding repeats the last row.
    SKD_ALWAYS_INLINE std::int64_t inside(std::int64_t row) const { return lesser(row, count - 1); }

    /// What a query sees.
    SKD_ALWAYS_INLINE KeyRange seenBy(std::int64_t q) const {
        const std::int64_t position = shape.keys - shape.queries + q;
        const std::int64_t lowest = position - shape.window + 1;
        return {shape.window > 0 && lowest > 0 ? lowest : 0, position + 1};
    }
    SKD_ALWAYS_INLINE KeyRange panelsOf(std::int64_t from, std::int64_t to) const {
        return {seenBy(from).begin / kColumns * kColumns, upTo(seenBy(to).end, kColumns)};
    }
    SKD_ALWAYS_INLINE KeyRange panelsOfTile(std::int64_t row) const {
        return panelsOf(query(row), query(inside(row + kRows - 1)));
    }

    /// target [padded, dim] = factor * the block's rows, zeros around them.
    template <class Element>
    SKD_ALWAYS_INLINE void gather(HeadRows<const Element> source, float factor,
                                  float* target) const {
        for (std::int64_t row = 0; row < padded; ++row, target += dim) {
            const std::int64_t filled = row < count ? shape.dim : 0;
            const Element* from = source.at(head(inside(row)), query(inside(row)));
            for (std::int64_t i = 0; i < filled; ++i) target[i] = toFloat(from[i]) * factor;
            for (std::int64_t i = filled; i < dim; ++i) target[i] = 0;
        }
    }
    /// The rows of the tile at `first` of `source` [padded, dim] times a factor each.
    template <class Element>
    SKD_ALWAYS_INLINE void scatter(const float* source, std::int64_t first, const float* factors,
                                   HeadRows<Element> target) const {
        for (std::int64_t row = first; row < lesser(first + kRows, count); ++row) {
            Element* to = target.at(head(row), query(row));
            const float factor = factors[row - first];
            for (std::int64_t i = 0; i < shape.dim; ++i)
                store(to[i], source[row * dim + i] * factor);
        }
    }

    /// scores [padded, stride] = a [padded, dim] times transposed panels, where a tile's rows see
    /// keys.
    SKD_ALWAYS_INLINE void scores(const float* a, const float* panels, float* out) const {
        for (std::int64_t key = keys.begin; key < keys.end; key += kColumns)
            for (std::int64_t row = 0; row < padded; row += kRows) {
                const KeyRange own = panelsOfTile(row);
                if (key < own.begin || key >= own.end) continue;
                T::template multiply<false, false>(
                    {a + row * dim, dim, panels + key * shape.dim, kColumns, shape.dim},
                    out + row * stride + key - keys.begin, stride);
            }
    }
    /// The tile at `row` of out [padded, dim] = weights [padded, stride] times plain panels.
    SKD_ALWAYS_INLINE void sumTile(std::int64_t row, const float* weights, const float* panels,
                                   float* out) const {
        const KeyRange own = panelsOfTile(row);
        const std::int64_t depth = lesser(own.end, shape.keys) - own.begin;
        const float* a = weights + row * stride + own.begin - keys.begin;
        for (std::int64_t column = 0; column < dim; column += kColumns) {
            const float* b = panels + column * shape.keys + own.begin * kColumns;
            T::template multiply<false, false>({a, stride, b, kColumns, depth},
                                               out + row * dim + column, dim);
        }
    }

    /// Whole vectors around a row's visible scores; what else lies in them becomes -infinity.
    SKD_ALWAYS_INLINE static KeyRange vectorsAround(float* row, KeyRange seen) {
        const KeyRange vectors{seen.begin / kLanes * kLanes, upTo(seen.end, kLanes)};
        for (std::int64_t j = vectors.begin; j < seen.begin; ++j) row[j] = -__builtin_inff();
        for (std::int64_t j = seen.end; j < vectors.end; ++j) row[j] = -__builtin_inff();
        return vectors;
    }
};

}  // namespace skd::kernels
