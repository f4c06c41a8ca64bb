#pragma once

#include <optional>
#include <vector>

namespace skd {

/// A student of one size: the tokens that it was trained on, and the perplexity that it ended with.
struct DedicatedPoint {
    double tokens = 0, ppl = 0;
};

/// Tokens that a student of one size needs for a perplexity of an elastic run, over those of the
/// elastic run. Above 1/K the elastic run is cheaper than K students.
struct TransferShare {
    enum class Kind { Between, AtMost, AtLeast };
    double share = 0;
    Kind kind = Kind::Between;
};

/// From the curve through the students' ends, straight in the logarithms of both: At most, where
/// the one with the fewest tokens is as good already; at least, where the one with the most is not.
/// Nothing without students. Students whose perplexity is worse than that of one with fewer tokens
/// are left out.
std::optional<TransferShare> transferShare(std::vector<DedicatedPoint> students, double ppl,
                                           double elasticTokens);

}  // namespace skd
