#include "spec/elastic_spec.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "spec/model_name.h"
#include "spec/run_reference.h"
#include "spec/run_spec.h"

namespace skd {
namespace {

Status refuseElastic(std::string message) {
    return fail(ErrorCode::InvalidInput, std::move(message));
}

/// `"prune.ranks" is energy, but an elastic run ...`
Status conflictOfElastic(const char* field, const std::string& value, const char* wanted) {
    return refuseElastic(strCat("\"", field, "\" is ", value,
                                ", but \"elastic.smallest\" asks for an elastic run; ", wanted));
}

Status validateSizes(const ElasticSpec& elastic) {
    if (elastic.largest >= elastic.smallest)
        return refuseElastic(strCat("\"elastic.largest\" (", elastic.largest,
                                    ") must be less than \"elastic.smallest\" (", elastic.smallest,
                                    "): both are fractions removed"));
    const auto isWithin = [&](double size) {
        return size >= elastic.largest && size <= elastic.smallest;
    };
    if (elastic.focus == ElasticFocus::Around && !isWithin(elastic.focusAt))
        return refuseElastic(strCat("\"elastic.focus_at\" is ", elastic.focusAt,
                                    ", outside of the sizes that are trained; give ",
                                    elastic.largest, " to ", elastic.smallest));
    if (elastic.nodes == ElasticSpec().nodes) return {};
    for (const double node : elastic.nodes)
        if (!isWithin(node))
            return refuseElastic(strCat("\"elastic.nodes\" has ", node,
                                        ", outside of the sizes that are trained; give ",
                                        elastic.largest, " to ", elastic.smallest));
    return {};
}

/// A size that a reference ends with: "run:3@42%", "variant:NAME@42%".
bool namesSize(const std::string& path) {
    const std::size_t at = path.rfind('@');
    return path.ends_with('%') && at != std::string::npos &&
           removedFraction(std::string_view(path).substr(at + 1, path.size() - at - 2)).has_value();
}

/// The path is made of ranks on damage curves, priced in parameters.
Status validatePath(const RunSpec& spec) {
    const PruneSpec& prune = spec.prune;
    if (continuesFactors(spec)) return {};
    if (prune.method != PruneMethod::Svd)
        return conflictOfElastic("prune.method", enumName(prune.method),
                                 "only svd has ranks; none continues a whole elastic run, as in "
                                 "\"model.path\" run:3");
    if (prune.ranks != RankRule::Budget)
        return conflictOfElastic("prune.ranks", enumName(prune.ranks),
                                 "its path is that of budgets; choose budget");
    if (prune.mlpArm != MlpArm::Factored)
        return conflictOfElastic("prune.mlp_arm", enumName(prune.mlpArm),
                                 "widths do not nest with ranks; choose factored");
    if (prune.cost != PruneCost::Parameters)
        return conflictOfElastic("prune.cost", enumName(prune.cost),
                                 "its sizes are shares of parameters; choose parameters");
    if (prune.remeasure > 0)
        return conflictOfElastic("prune.remeasure", "more than 0",
                                 "that deepens one cut; set it to 0");
    if (prune.depthTrials > 0)
        return conflictOfElastic("prune.depth_trials", strCat(prune.depthTrials),
                                 "those weights are tuned for one size alone; set it to 0");
    return {};
}

}  // namespace

std::vector<double> ElasticSpec::measuredNodes() const {
    std::vector<double> sizes{largest, smallest};
    for (const double node : nodes)
        if (node > largest && node < smallest) sizes.push_back(node);
    std::ranges::sort(sizes);
    sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
    return sizes;
}

double ElasticSpec::selectionNode() const {
    static constexpr double kSelection = 0.35;
    return std::ranges::min(measuredNodes(), {},
                            [](double node) { return std::fabs(node - kSelection); });
}

Result<SizeRange> parseSizeRange(const std::string& text) {
    static constexpr std::string_view kDots = "..";
    const std::string_view whole = text;
    const std::size_t dots = whole.find(kDots);
    if (dots != std::string_view::npos) {
        const auto from = parseNumber<double>(whole.substr(0, dots)),
                   to = parseNumber<double>(whole.substr(dots + kDots.size()));
        if (from && to && *from >= 0 && *from < *to && *to <= 99)
            return SizeRange{*from / 100, *to / 100};
    }
    return fail(ErrorCode::InvalidInput,
                strCat("\"", text,
                       "\" is no range of sizes; give the percentages removed at the largest and "
                       "the smallest size, from 0 to 99, e.g. 15..65"));
}

bool continuesFactors(const RunSpec& spec) {
    return spec.elastic.isOn() && spec.prune.method == PruneMethod::None &&
           isModelReference(spec.model.path) && !namesSize(spec.model.path);
}

Status validateElastic(const RunSpec& given) {
    const RunSpec spec = withControl(given);
    if (!spec.elastic.isOn()) return {};
    SKD_CHECK(validateSizes(spec.elastic));
    SKD_CHECK(validatePath(spec));
    if (spec.schedule.rounds.size() > 1)
        return conflictOfElastic("schedule.rounds",
                                 strCat(spec.schedule.rounds.size(), " rounds long"),
                                 "its sizes are all trained in one; leave it empty");
    if (spec.refine.passes > 0)
        return conflictOfElastic("refine.passes", strCat(spec.refine.passes),
                                 "blocks are refined at one size alone; set it to 0");
    if (distils(spec) && spec.distill.batch < 2)
        return conflictOfElastic("distill.batch", strCat(spec.distill.batch),
                                 "each step trains the largest and the smallest size; give at "
                                 "least 2");
    if (distils(spec) && spec.distill.alpha == 0 &&
        spec.elastic.weights == ElasticWeights::InverseRoot)
        return conflictOfElastic("elastic.weights", enumName(spec.elastic.weights),
                                 "without a teacher there is no KL to weigh sizes by; raise "
                                 "\"distill.alpha\" or choose equal");
    return {};
}

}  // namespace skd
