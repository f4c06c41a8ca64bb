#include "distill/elastic/live_evaluation.h"

#include <algorithm>
#include <cmath>

#include "base/members.h"
#include "results/elastic_summary.h"

namespace skd {
namespace {

/// NaN of none.
double meanLogOf(const std::vector<double>& perplexities) {
    double sum = 0;
    for (const double perplexity : perplexities) sum += std::log(perplexity);
    return sum / static_cast<double>(perplexities.size());
}

/// The node that stopping rules read.
std::size_t selectionIndex(const ElasticTraining& training) {
    const auto found = std::ranges::find(training.nodes, training.selection);
    return static_cast<std::size_t>(found - training.nodes.begin());
}

}  // namespace

bool LiveFigures::isWhole() const {
    return std::ranges::all_of(nodes, [](const auto& node) { return node.has_value(); });
}

double LiveFigures::meanLog() const {
    std::vector<double> perplexities;
    for (const std::optional<double>& node : nodes) perplexities.push_back(valueOrNan(node));
    return meanLogOf(perplexities);
}

bool LiveEvaluation::isDue(std::int64_t step, std::int64_t evaluated) const {
    if (!m_evaluate || evaluated >= step) return false;
    return step == m_spec.steps || (m_spec.evalEvery > 0 && step % m_spec.evalEvery == 0);
}

/// Evaluations are at multiples of evalEvery, and at the end.
bool LiveEvaluation::measuresAll(std::int64_t step) const {
    if (step == m_spec.steps) return true;
    const std::int64_t before = step - m_spec.evalEvery;
    const auto isFirstFrom = [&](std::int64_t share) {
        return step * share >= m_spec.steps && before * share < m_spec.steps;
    };
    return step > 0 && (isFirstFrom(4) || isFirstFrom(2));
}

std::vector<std::size_t> LiveEvaluation::nodesAt(std::int64_t step) const {
    const std::size_t count = m_sizes->training().nodes.size(),
                      selection = selectionIndex(m_sizes->training());
    std::vector<std::size_t> others;
    for (std::size_t i = 0; i < count; ++i)
        if (i != selection) others.push_back(i);
    std::vector<std::size_t> nodes{selection};
    if (measuresAll(step) || others.empty())
        nodes.insert(nodes.end(), others.begin(), others.end());
    else
        nodes.push_back(others[static_cast<std::size_t>(step / m_spec.evalEvery) % others.size()]);
    return nodes;
}

Status LiveEvaluation::measureNode(Decoder& student, std::int64_t step, std::size_t node,
                                   LiveFigures& figures) const {
    SKD_CHECK(m_sizes->useNode(student, m_sizes->training().nodes[node]));
    SKD_TRY(figures.nodes[node], m_evaluate(student, step));
    return {};
}

Result<LiveFigures> LiveEvaluation::measure(Decoder& student, std::int64_t step) const {
    LiveFigures figures;
    if (m_sizes == nullptr) {
        SKD_TRY(figures.perplexity, m_evaluate(student, step));
        return figures;
    }
    figures.nodes.resize(m_sizes->training().nodes.size());
    for (const std::size_t node : nodesAt(step))
        SKD_CHECK(measureNode(student, step, node, figures));
    figures.perplexity = valueOrNan(figures.nodes[selectionIndex(m_sizes->training())]);
    return figures;
}

Status LiveEvaluation::complete(Decoder& student, std::int64_t step, LiveFigures& figures) const {
    for (std::size_t node = 0; node < figures.nodes.size(); ++node)
        if (!figures.nodes[node]) SKD_CHECK(measureNode(student, step, node, figures));
    return {};
}

std::vector<MetricPoint> LiveEvaluation::points(std::int64_t step,
                                                const LiveFigures& figures) const {
    std::vector<MetricPoint> points{{"ppl.live", step, figures.perplexity}};
    for (std::size_t node = 0; node < figures.nodes.size(); ++node)
        if (figures.nodes[node])
            points.push_back({metricAt("ppl.live", m_sizes->training().nodes[node]), step,
                              *figures.nodes[node]});
    return points;
}

bool LiveEvaluation::choose(std::int64_t step, const LiveFigures& figures) {
    const double mean = figures.meanLog();
    if (!std::isfinite(mean) || (m_chosenStep >= 0 && mean >= chosenMeanLog())) return false;
    m_chosenStep = step;
    m_chosen.clear();
    for (const std::optional<double>& node : figures.nodes) m_chosen.push_back(*node);
    return true;
}

double LiveEvaluation::chosenMeanLog() const {
    return meanLogOf(m_chosen);
}

Json LiveEvaluation::toJson() const {
    return {{"best_step", m_chosenStep}, {"perplexities", m_chosen}};
}

Status LiveEvaluation::restore(const Json& json) {
    static constexpr const char* kWhere = "the choice over sizes";
    static constexpr std::int64_t kMostSteps = std::int64_t{1} << 52;
    SKD_CHECK(located(takeNumber(json, "best_step", -1, kMostSteps, m_chosenStep), kWhere));
    SKD_CHECK(located(takeMember(json, "perplexities", m_chosen), kWhere));
    const std::size_t wanted = m_chosenStep < 0 ? 0 : m_sizes->training().nodes.size();
    const auto isSound = [](double perplexity) {
        return std::isfinite(perplexity) && perplexity > 0;
    };
    if (m_chosen.size() != wanted || !std::ranges::all_of(m_chosen, isSound))
        return fail(ErrorCode::Corrupt,
                    strCat(kWhere, ": its perplexities are not those of ", wanted, " sizes"));
    return {};
}

}  // namespace skd
