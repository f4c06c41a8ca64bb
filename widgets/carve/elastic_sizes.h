#pragma once

#include <QString>
#include <functional>
#include <memory>
#include <optional>

#include "ranks/path_position.h"
#include "results/analysis.h"
#include "results/elastic_summary.h"
#include "results/front_curve.h"
#include "results/recorded_answers.h"
#include "spec/run_reference.h"

namespace skd {

/// What is known of the perplexity of a recovered size, and how.
struct SizePerplexity {
    enum class Kind {
        None,
        Node,          ///< measured at this very size
        Interpolated,  ///< on the path, between two nodes
        Estimate       ///< beside the path: the path's where its cut loses as much
    };
    Kind kind = Kind::None;
    double value = 0;
    double standardError = 0;        ///< of a node; NaN where it has none
    double larger = 0, smaller = 0;  ///< sizes of the nodes on both sides, fractions removed
};

/// The sizes of an elastic run over the matrices of a page's analysis: what faders move through.
class ElasticSizes {
public:
    /// A run and what it recorded.
    struct Source {
        RunId run;
        QString name;
        NestedPath path;
        std::vector<FrontPoint> front;             ///< its nodes after training
        std::vector<ElasticEnergy> energies = {};  ///< of its trained factors; empty: not recorded
        std::vector<AnswerSet> answers = {};       ///< of its models, all of them
    };
    /// InvalidInput where the path has other matrices than the analysis.
    static Result<std::shared_ptr<const ElasticSizes>> fit(Source source, const Analysis& analysis);

    [[nodiscard]] RunId run() const { return m_source.run; }
    [[nodiscard]] const QString& name() const { return m_source.name; }
    [[nodiscard]] const NestedPath& path() const { return m_source.path; }
    [[nodiscard]] const FrontCurve& front() const { return m_front; }

    // Ranks below are in the order of the analysis, 0 = as it is.

    /// The path's profile at a size; the ends for sizes beyond them.
    [[nodiscard]] std::vector<std::int64_t> ranksAt(double removed) const;
    [[nodiscard]] PathPosition positionOf(const std::vector<std::int64_t>& ranks) const;
    /// Share that ranks remove, by the run's own prices.
    [[nodiscard]] double removedBy(const std::vector<std::int64_t>& ranks) const;
    /// Where a rank stands between the least and the largest that the run trained, 0 to 1; 1 where
    /// a matrix has one rank alone.
    [[nodiscard]] double shareOf(std::size_t matrix, std::int64_t rank) const;
    /// The rank at such a place, a multiple of the path's.
    [[nodiscard]] std::int64_t rankAt(std::size_t matrix, double share) const;
    /// The nearest rank that the run trained; 0 stands for the largest.
    [[nodiscard]] std::int64_t trainedRank(std::size_t matrix, std::int64_t rank) const;
    /// What trained prefixes of a matrix leave out, where the run has recorded it, else null.
    [[nodiscard]] const ElasticEnergy* energyOf(std::size_t matrix) const {
        return m_energies[matrix];
    }
    [[nodiscard]] bool hasEnergies() const { return !m_source.energies.empty(); }
    /// The share of its squared norm that a matrix keeps at a rank, as trained; 1 where the run
    /// trained one rank alone. NaN where nothing was recorded of the run.
    [[nodiscard]] double energyAt(std::size_t matrix, std::int64_t rank) const;
    /// What the model of the nearest node has answered; null where none has.
    [[nodiscard]] const AnswerSet* answersAt(double removed) const {
        return skd::answersAt(m_source.answers, removed);
    }

    /// "run:3@42%" of the path's size nearest below: what Talk, Profile and exports take.
    [[nodiscard]] RunReference reference(const std::vector<std::int64_t>& ranks) const;

    /// `damage` says what a profile loses, in any unit that grows with the cut (the page's
    /// predicted KL); NaN leaves profiles beside the path without an estimate.
    using Damage = std::function<double(const std::vector<std::int64_t>&)>;
    [[nodiscard]] SizePerplexity perplexityOf(const std::vector<std::int64_t>& ranks,
                                              const Damage& damage) const;

private:
    explicit ElasticSizes(Source source) : m_source(std::move(source)) {}
    [[nodiscard]] std::vector<std::int64_t> inPathOrder(
        const std::vector<std::int64_t>& ranks) const;
    [[nodiscard]] std::vector<std::int64_t> profileAt(std::size_t prefix) const;
    [[nodiscard]] const ElasticEnergy* findEnergy(const std::string& name) const;
    [[nodiscard]] SizePerplexity onPath(double removed, std::size_t prefix) const;
    [[nodiscard]] double sizeOfDamage(double wanted, const Damage& damage) const;

    Source m_source;
    FrontCurve m_front;
    std::vector<std::size_t> m_pathIndex;              ///< of each matrix of the analysis
    std::vector<const ElasticEnergy*> m_energies;      ///< by matrix of the analysis
    std::vector<std::vector<std::int64_t>> m_ladders;  ///< by matrix of the analysis
};
using ElasticSizesPtr = std::shared_ptr<const ElasticSizes>;

}  // namespace skd
