#pragma once

#include <cstdint>

/// Causal attention on the CPU in f32, block by block: scores, softmax and products of a few
/// queries stay in the cache, and keys that no query of a tile sees are not multiplied. Element is
/// float or std::uint16_t (bfloat16 bits); everything between reading and writing is f32, each sum
/// in an order that does not depend on threads. Reference: skd::reference::causalAttention.
namespace skd::kernels {

/// Tokens of heads: token t of head h lies at data + h * head + t * token.
template <class Element>
struct HeadRows {
    Element* data = nullptr;
    std::int64_t head = 0, token = 0;

    [[nodiscard, gnu::always_inline]] Element* at(std::int64_t h, std::int64_t t) const {
        return data + h * head + t * token;
    }
};

/// One key head and the query heads that share it. The queries are the last positions of the keys.
struct AttentionShape {
    std::int64_t heads = 1;    ///< query heads that read the key head
    std::int64_t queries = 0;  ///< of each of them
    std::int64_t keys = 0;
    std::int64_t dim = 0;
    std::int64_t window = 0;  ///< the query at p sees keys in (p - window, p]; 0: all up to p
    float scale = 1;          ///< on scores
};

/// Tokens [first, first + count) of every head.
struct TokenRange {
    std::int64_t first = 0, count = 0;
};

/// What the tiles of this process's instruction set are multiples of.
struct TileShape {
    std::int64_t rows = 0, columns = 0;
};
TileShape attentionTile();
/// Floats of scratch that `attend` and `attendBackward` take for blocks of up to `queries`.
std::int64_t attentionScratch(const AttentionShape& shape, std::int64_t queries);

/// Keys or values of one head as tiles read them, in f32: panels of tile.columns columns, padded
/// with zeros. Transposed [key panels][dim][columns], plain [dim panels][keys][columns].
enum class Panels { Transposed, Plain };
template <class Element>
struct Packing {
    Panels kind = Panels::Plain;
    HeadRows<const Element> rows;
    std::int64_t keys = 0, dim = 0;
    float* panels = nullptr;
};
/// Packs tokens of a range that begins at a panel and ends at one or with the last key.
template <class Element>
void pack(const Packing<Element>& packing, TokenRange range);

template <class Element>
struct AttentionForward {
    AttentionShape shape;
    HeadRows<const Element> query;
    const float* keys = nullptr;    ///< transposed panels
    const float* values = nullptr;  ///< plain panels
    HeadRows<Element> output;
    float* logSum = nullptr;  ///< [heads, queries]: log2 of the sum of exponentials; may be null
};
template <class Element>
void attend(const AttentionForward<Element>& pass, TokenRange queries, float* scratch);

template <class Element>
struct AttentionBackward {
    AttentionShape shape;
    HeadRows<const Element> query, gradient;  ///< the latter of the output
    const float* keysTransposed = nullptr;
    const float* valuesTransposed = nullptr;
    const float* keys = nullptr;    ///< plain panels
    const float* logSum = nullptr;  ///< as the forward pass left it
    HeadRows<Element> queryGradient;
    /// Added to, [upTo(keys, tile.columns) + tile.columns + tile.rows][upTo(dim, tile.columns)];
    /// the first comes out times log2(e).
    float* keyGradient = nullptr;
    float* valueGradient = nullptr;
};
constexpr float kLog2E = 1.44269504f;
template <class Element>
void attendBackward(const AttentionBackward<Element>& pass, TokenRange queries, float* scratch);

/// target = factor * (the sum of `parts` rows of `count` floats, `stride` apart, in their order)
template <class Element>
void sumParts(const float* source, std::int64_t stride, std::int64_t parts, float factor,
              Element* target, std::int64_t count);

}  // namespace skd::kernels
