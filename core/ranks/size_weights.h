#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/json.h"
#include "base/result.h"
#include "spec/elastic_spec.h"

namespace skd {

/// Weights of sizes in an elastic run's loss (resources/help/method.md, Elastic students): 1, or
/// w(u) in proportion to KL(u)^-1/2. The KL is an exponential average in each of 16 bins of u;
/// every 50 steps the weights of the bins follow from it, with a mean of 1 over the bins that have
/// seen a sequence, and are then held within [1/2, 2]. Bins that have seen none weigh 1.
class SizeWeights {
public:
    static constexpr std::size_t kBins = 16;
    static constexpr std::int64_t kInterval = 50;
    static constexpr double kLowest = 0.5, kHighest = 2, kDecay = 0.9, kLeastKl = 1e-9;

    explicit SizeWeights(ElasticWeights rule = ElasticWeights::Equal);

    /// The bin of a size u of [0, 1].
    static std::size_t binOf(double size);
    /// The weight that the loss of a sequence of size u gets now.
    [[nodiscard]] double at(double size) const { return m_weights[binOf(size)]; }
    /// Takes in a sequence's KL, in nats per token; one that is not finite is left out.
    void add(double size, double kl);
    /// Ends a step; true where the weights were worked out again.
    bool endStep();

    /// By bin: what the average is, none where nothing was seen.
    [[nodiscard]] const std::array<std::optional<double>, kBins>& kl() const { return m_kl; }
    [[nodiscard]] const std::array<double, kBins>& weights() const { return m_weights; }

    [[nodiscard]] Json toJson() const;
    /// What toJson wrote; Corrupt, with the reason, for anything else.
    static Result<SizeWeights> fromJson(const Json& json);

    bool operator==(const SizeWeights&) const = default;

private:
    void update();

    ElasticWeights m_rule;
    std::int64_t m_steps = 0;
    std::array<std::optional<double>, kBins> m_kl;
    std::array<double, kBins> m_weights;
};

}  // namespace skd
