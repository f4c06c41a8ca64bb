#pragma once

#include "base/record.h"
#include "base/statistics.h"

namespace skd {

/// A figure of a model's predictions (losses in nats, or another one of every token) added up over
/// disjoint blocks of a text, in its order (resources/help/method.md, Standard errors). Kept with a
/// run, so that two runs on the same text can be compared block by block.
struct BlockSums {
    std::vector<double> values;
    std::vector<double> weights;  ///< what they are counted as: scored tokens; of pages words
    bool pages = false;           ///< blocks are pages, which do not follow each other
    std::string text;             ///< hash of the scored text, where it has one
    Json document = {};
    bool operator==(const BlockSums&) const = default;

    [[nodiscard]] bool empty() const { return values.empty(); }
    /// Whether both are of the same blocks of the same text.
    [[nodiscard]] bool pairsWith(const BlockSums& other) const;
    /// sum(values) / sum(weights); NaN without blocks.
    [[nodiscard]] double mean() const;
    /// Of mean().
    [[nodiscard]] RatioError error() const;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("values", self.values, {});
        visitor.field("weights", self.weights, {});
        visitor.known("pages", self.pages, {});
        visitor.known("text_sha256", self.text, {});
    }
};

/// {} without any; of fewer than two blocks nothing can be said.
inline Json blockSumsJson(const BlockSums& sums) {
    return sums.values.size() < 2 ? Json() : writeRecord(sums);
}

}  // namespace skd
