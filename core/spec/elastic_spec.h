#pragma once

#include <string>
#include <vector>

#include "base/fields.h"
#include "base/result.h"

namespace skd {

/// Where the sizes between the two ends are drawn: alike everywhere, more of the large ones, or
/// half of them near one.
enum class ElasticFocus { Uniform, LargeFirst, Around };
template <>
inline constexpr auto kNames<ElasticFocus> = names<ElasticFocus>({"uniform", "large-first",
                                                                  "around"});

/// How the losses of different sizes are weighed against each other.
enum class ElasticWeights { Equal, InverseRoot };
template <>
inline constexpr auto kNames<ElasticWeights> = names<ElasticWeights>({"equal", "inverse-root"});

/// An elastic student: one run that trains every size between two, so that each is a slice of the
/// same factors (resources/help/method.md, Elastic students). Sizes are fractions of the target
/// matrices' parameters that are removed. A `smallest` of 0 is an ordinary run of one size.
struct ElasticSpec {
    double largest = 0.15, smallest = 0;
    std::vector<double> nodes{0.15, 0.25, 0.35, 0.51, 0.65};
    ElasticFocus focus = ElasticFocus::Uniform;
    double focusAt = 0.35;
    double offPath = 0.25;
    ElasticWeights weights = ElasticWeights::Equal;

    bool operator==(const ElasticSpec&) const = default;

    /// Whether the run trains more than one size.
    [[nodiscard]] bool isOn() const { return smallest > 0; }
    /// The sizes that are always measured, ascending in what they remove: both ends, and those of
    /// `nodes` between them.
    [[nodiscard]] std::vector<double> measuredNodes() const;
    /// The one of these that is nearest to 35 % removed, the larger size of two: it stands for the
    /// run where one figure does, and stopping rules read its curve.
    [[nodiscard]] double selectionNode() const;

    static void visitFields(auto& self, auto& visitor) {
        visitRange(self, visitor);
        visitDraws(self, visitor);
    }

private:
    static void visitRange(auto& self, auto& visitor) {
        visitor.field("largest", self.largest,
                      {"fraction removed at the largest size that an elastic run trains",
                       "fraction", 0, 0.99, true});
        visitor.field("smallest", self.smallest,
                      {"fraction removed at the smallest size that an elastic run trains, with all "
                       "sizes between; 0 trains the one size of prune.target",
                       "fraction", 0, 0.99, true});
        visitor.field("nodes", self.nodes,
                      {"sizes that are always measured, as fractions removed, e.g. [0.2, 0.4]; the "
                       "largest and the smallest are measured too",
                       "fraction", 0, 0.99, true});
    }

    static void visitDraws(auto& self, auto& visitor) {
        visitor.field(
            "focus", self.focus,
            {.help = "where the sizes between the ends are drawn: uniform; large-first, half of "
                     "them in the larger third and a fifth in the smallest; around, half of them "
                     "within 5 points of `focus_at`",
             .isLater = true});
        visitor.field("focus_at", self.focusAt,
                      {"the size that half of the draws lie around, as fraction removed (around)",
                       "fraction", 0, 0.99, true});
        visitor.field("off_path", self.offPath,
                      {"share of the sequences between the ends whose matrices exchange ranks at "
                       "equal cost, so that sizes off the path are trained as well",
                       "fraction", 0, 1, true});
        visitor.field("weights", self.weights,
                      {.help = "weight of a size's loss: equal, or inverse-root, in proportion to "
                               "one over the root of its KL so far, between a half and two",
                       .isLater = true});
    }
};

/// Two sizes as fractions removed.
struct SizeRange {
    double largest = 0, smallest = 0;
    bool operator==(const SizeRange&) const = default;
};
/// Reads "15..65", percentages removed at the largest and the smallest size, 0 <= a < b <= 99;
/// InvalidInput otherwise.
Result<SizeRange> parseSizeRange(const std::string& text);

struct RunSpec;
/// Whether the run continues another elastic run's factors, with all of its sizes, instead of
/// making its own: "elastic.smallest" above 0, "prune.method" none, and a whole run (run:3, without
/// a size) as "model.path".
bool continuesFactors(const RunSpec& spec);
/// Rules of an elastic run that span fields.
Status validateElastic(const RunSpec& spec);

}  // namespace skd
