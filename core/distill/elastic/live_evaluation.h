#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/json.h"
#include "distill/elastic/elastic_sizes.h"
#include "events/event.h"
#include "spec/distill_spec.h"

namespace skd {

/// Perplexity of the student after `step` optimiser steps of this call. May be anything once the
/// run is cancelled.
using DistillEvaluate = std::function<Result<double>(const Decoder& student, std::int64_t step)>;

/// What was measured at one step.
struct LiveFigures {
    double perplexity = 0;  ///< of the student; of an elastic one at its selection node
    /// Of an elastic student by node, none where it was not measured; else empty
    std::vector<std::optional<double>> nodes;
    [[nodiscard]] bool isWhole() const;
    /// The mean over the nodes of the log perplexity; NaN where one is missing or not finite.
    [[nodiscard]] double meanLog() const;
};

/// Measures a student while it trains. An elastic one at its selection node and one other in turn;
/// at all nodes when a quarter and half of the steps are done (at the first evaluation from there
/// on) and at the end. Which nodes those are depends on the step alone. The weights to keep are
/// those with the lowest mean over the nodes of the log perplexity, among the evaluations of all
/// nodes (resources/help/method.md, Elastic students: training).
class LiveEvaluation {
public:
    /// `sizes` is null for a student of one size; all must outlive it.
    LiveEvaluation(const DistillSpec& spec, const DistillEvaluate& evaluate,
                   const ElasticSizes* sizes)
        : m_spec(spec), m_evaluate(evaluate), m_sizes(sizes) {}

    [[nodiscard]] bool isDue(std::int64_t step, std::int64_t evaluated) const;
    Result<LiveFigures> measure(Decoder& student, std::int64_t step) const;
    /// Measures the nodes that `figures` lacks.
    Status complete(Decoder& student, std::int64_t step, LiveFigures& figures) const;
    /// "ppl.live", and "ppl.live@35" of every node measured.
    [[nodiscard]] std::vector<MetricPoint> points(std::int64_t step,
                                                  const LiveFigures& figures) const;

    /// Of an elastic student: takes in figures of all nodes; true where they are the best so far.
    bool choose(std::int64_t step, const LiveFigures& figures);
    [[nodiscard]] std::int64_t chosenStep() const { return m_chosenStep; }
    /// Of the chosen step; empty before there is one.
    [[nodiscard]] const std::vector<double>& chosen() const { return m_chosen; }
    [[nodiscard]] double chosenMeanLog() const;

    [[nodiscard]] Json toJson() const;
    /// Corrupt when it is no such state for so many nodes.
    Status restore(const Json& json);

private:
    [[nodiscard]] bool measuresAll(std::int64_t step) const;
    [[nodiscard]] std::vector<std::size_t> nodesAt(std::int64_t step) const;
    Status measureNode(Decoder& student, std::int64_t step, std::size_t node,
                       LiveFigures& figures) const;

    const DistillSpec& m_spec;
    const DistillEvaluate& m_evaluate;
    const ElasticSizes* m_sizes;
    std::int64_t m_chosenStep = -1;
    std::vector<double> m_chosen;
};

}  // namespace skd
