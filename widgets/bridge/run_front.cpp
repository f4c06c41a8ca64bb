#include "bridge/run_front.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/record.h"
#include "spec/run_reference.h"

namespace skd {

std::vector<NodeCurve> nodeCurves(const RunCurves& curves) {
    static constexpr std::string_view kPrefix = "ppl.live@";
    std::vector<NodeCurve> nodes;
    for (auto at = curves.series.lower_bound(kPrefix);
         at != curves.series.end() && at->first.starts_with(kPrefix); ++at)
        if (const auto removed =
                removedFraction(std::string_view(at->first).substr(kPrefix.size())))
            nodes.push_back({*removed, &at->second});
    std::ranges::sort(nodes, {}, &NodeCurve::removed);
    return nodes;
}

std::vector<double> nodeSteps(const std::vector<NodeCurve>& nodes) {
    std::set<double> steps;
    for (const NodeCurve& node : nodes)
        steps.insert(node.live->steps.begin(), node.live->steps.end());
    return {steps.begin(), steps.end()};
}

std::vector<FrontPoint> frontAt(const std::vector<NodeCurve>& nodes, double step) {
    std::vector<FrontPoint> front;
    for (const NodeCurve& node : nodes) {
        const std::vector<double>& steps = node.live->steps;
        const auto after = std::ranges::upper_bound(steps, step) - steps.begin();
        if (after > 0)
            front.push_back({node.removed, node.live->values[static_cast<std::size_t>(after - 1)]});
    }
    return front;
}

namespace {

std::vector<FrontPoint> pointsOf(const RunSummary& summary, std::optional<double> ElasticNode::*ppl,
                                 std::optional<double> ElasticNode::*standardError) {
    std::vector<FrontPoint> points;
    if (!summary.elastic) return points;
    for (const ElasticNode& node : summary.elastic->nodes)
        if (node.*ppl)
            points.push_back({node.removed, *(node.*ppl), valueOrNan(node.*standardError)});
    return points;
}

}  // namespace

std::vector<FrontPoint> recordedFront(const RunSummary& summary) {
    return pointsOf(summary, &ElasticNode::postKdPpl, &ElasticNode::postKdStandardError);
}

std::vector<FrontPoint> recordedCutFront(const RunSummary& summary) {
    return pointsOf(summary, &ElasticNode::preKdPpl, &ElasticNode::preKdStandardError);
}

}  // namespace skd
