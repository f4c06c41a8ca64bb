#pragma once

#include "bridge/run_curves.h"
#include "results/elastic_front.h"

/// The sizes of an elastic run as its curves and its summary tell them.
namespace skd {

/// A size that is always measured, and its perplexity over steps.
struct NodeCurve {
    double removed = 0;  ///< fraction
    const Curve* live = nullptr;
};

/// Ascending in what is removed; empty of a run that is not elastic, and before the first
/// evaluation.
std::vector<NodeCurve> nodeCurves(const RunCurves& curves);
/// Steps at which any node was measured, ascending.
std::vector<double> nodeSteps(const std::vector<NodeCurve>& nodes);
/// The front at a step: of each node the last value up to it; nodes without one are left out.
std::vector<FrontPoint> frontAt(const std::vector<NodeCurve>& nodes, double step);

/// The recorded front after training; empty where there is none.
std::vector<FrontPoint> recordedFront(const RunSummary& summary);
/// The same of the cut, before training.
std::vector<FrontPoint> recordedCutFront(const RunSummary& summary);

}  // namespace skd
