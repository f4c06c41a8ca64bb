#pragma once

#include <optional>
#include <vector>

#include "base/json.h"
#include "model/elastic.h"
#include "ranks/elastic_draws.h"
#include "ranks/size_weights.h"

namespace skd {

/// Which sizes an elastic student is trained at.
struct ElasticTraining {
    NestedPath path;
    ElasticDrawRule rule;  ///< its slots are the samples of an optimiser step
    ElasticWeights weights = ElasticWeights::Equal;
    std::vector<double> nodes;  ///< sizes that are measured, ascending, as fractions removed
    double selection = 0.35;    ///< that of them whose curve stopping rules read
};

/// What the samples of one forward pass were trained at.
struct SizedLoss {
    std::size_t slot = 0;     ///< the first of them
    std::size_t samples = 1;  ///< which follow each other
    std::int64_t tokens = 0;  ///< scored
    double ce = 0, kl = 0;    ///< nats per scored token, unweighted
};

/// The sizes of an elastic student while it trains: gives it the ranks that ElasticDraws has for a
/// slot of the current step, and each slot's loss its weight (resources/help/method.md, Elastic
/// students: training).
class ElasticSizes {
public:
    explicit ElasticSizes(ElasticTraining training);

    [[nodiscard]] const ElasticTraining& training() const { return m_training; }
    /// Draws the sizes of an optimiser step.
    void begin(std::int64_t step);
    [[nodiscard]] std::int64_t step() const { return m_step; }
    [[nodiscard]] const ElasticDraw& at(std::size_t slot) const { return m_slots[slot]; }
    [[nodiscard]] double weight(std::size_t slot) const { return m_weights.at(at(slot).size); }
    /// Of `slots` slots from `first` on, how many have one profile and weight: they may share a
    /// forward pass.
    [[nodiscard]] std::size_t alike(std::size_t first, std::size_t slots) const;

    /// The student has the slot's ranks from now on. InvalidInput where it is another model than
    /// the path's.
    Status use(Decoder& student, std::size_t slot) const;
    /// The same at a size that is measured, and at the largest.
    Status useNode(Decoder& student, double removed) const;
    Status useLargest(Decoder& student) const;

    /// Takes in the losses of a step that counts; the weights follow from them.
    void learn(const std::vector<SizedLoss>& losses);

    /// What a resumed run needs: the path's SHA-256 and the state of the weights.
    [[nodiscard]] Json toJson() const;
    /// InvalidInput for another path, by its SHA-256; Corrupt for what is no state.
    Status restore(const Json& json);

private:
    ElasticTraining m_training;
    ElasticDraws m_draws;
    SizeWeights m_weights;
    std::int64_t m_step = 0;
    std::vector<ElasticDraw> m_slots;
};

/// Ranks of a path's profile by name of matrix.
MatrixRanks namedRanks(const NestedPath& path, const std::vector<std::int64_t>& ranks);
/// The model has the largest profile that removes at least `removed`.
Status useSize(Decoder& model, const NestedPath& path, double removed);

}  // namespace skd
