#include <algorithm>

#include "base/text.h"
#include "spec/run_spec.h"

namespace skd {
namespace {

/// Fields that count only under a choice.
struct ApplicabilityRule {
    bool applies = false;
    const char* choice;  ///< as the message puts it
    std::vector<const char*> fields;
};

/// Of the ways of factoring; for methods that do not factor, everything of it comes first.
std::vector<ApplicabilityRule> factoringRules(const PruneSpec& prune) {
    const bool svd = prune.method == PruneMethod::Svd,
               fisher = prune.truncation == Truncation::Fisher,
               byTiers = prune.ranks == RankRule::Tiers || prune.weights == WeightRule::Tiers;
    return {
        {svd,
         "\"prune.method\" svd",
         {"gate_up",          "form",          "truncation",      "asvd_alpha",   "mlp_arm",
          "channel_multiple", "channel_ridge", "ranks",           "energy",       "energies",
          "search_ppl",       "cost",          "cost_batch",      "weights",      "tier_early",
          "tier_middle",      "tier_late",     "fisher_tokens",   "probe_tokens", "probe_fraction",
          "probe_ranks",      "probe_law",     "probe_reference", "depth_trials", "remeasure",
          "explicit_ranks",   "fisher_edge",   "fisher_clip",     "shrink_input", "shrink_output"}},
        {!svd || prune.truncation == Truncation::Asvd, "\"prune.truncation\" asvd", {"asvd_alpha"}},
        {!svd || fisher,
         "\"prune.truncation\" fisher",
         {"fisher_tokens", "fisher_edge", "fisher_clip", "shrink_output"}},
        {!svd || prune.ranks == RankRule::Energy, "\"prune.ranks\" energy", {"energy"}},
        {!svd || prune.ranks == RankRule::Search, "\"prune.ranks\" search", {"search_ppl"}},
        {!svd || prune.ranks == RankRule::Explicit, "\"prune.ranks\" explicit", {"explicit_ranks"}},
        {!svd || byTiers,
         "\"prune.ranks\" or \"prune.weights\" tiers",
         {"tier_early", "tier_middle", "tier_late"}},
        {!svd || prune.mlpArm != MlpArm::Factored,
         "\"prune.mlp_arm\" channels or either",
         {"channel_multiple", "channel_ridge"}}};
}

std::vector<ApplicabilityRule> methodRules(const PruneSpec& prune) {
    const auto isOneOf = [&](std::initializer_list<PruneMethod> methods) {
        return std::find(methods.begin(), methods.end(), prune.method) != methods.end();
    };
    const bool masks =
        isOneOf({PruneMethod::Wanda, PruneMethod::Magnitude, PruneMethod::SparseGpt});
    return {
        {prune.method != PruneMethod::None, "a \"prune.method\" other than none", {"target"}},
        {isOneOf({PruneMethod::Svd, PruneMethod::LlmPruner, PruneMethod::SliceGpt}),
         "\"prune.method\" svd, llm-pruner or slicegpt",
         {"rank_multiple"}},
        {masks, "\"prune.method\" wanda, magnitude or sparsegpt", {"pattern"}},
        {!masks || prune.pattern.empty(), "an empty \"prune.pattern\"", {"target"}},
        {prune.method == PruneMethod::Magnitude, "\"prune.method\" magnitude", {"scope"}},
        {prune.method == PruneMethod::LlmPruner, "\"prune.method\" llm-pruner", {"importance"}}};
}

std::vector<ApplicabilityRule> inferenceRules(const InferenceSpec& inference) {
    return {
        {!inference.batches.empty(), "\"inference.batches\"", {"prompt", "generate"}},
        {inference.profileBatch > 0, "\"inference.profile_batch\"", {"profile_length"}},
        {!inference.isEmpty(), "\"inference.batches\" or \"inference.profile_batch\"", {"rounds"}}};
}

std::vector<ApplicabilityRule> elasticRules(const RunSpec& spec) {
    const bool on = spec.elastic.isOn();
    return {{on,
             "\"elastic.smallest\" above 0",
             {"largest", "nodes", "focus", "focus_at", "off_path", "weights"}},
            {!on || spec.elastic.focus == ElasticFocus::Around,
             "\"elastic.focus\" around",
             {"focus_at"}},
            {!on || spec.distill.batch > 2,
             "a \"distill.batch\" above 2",
             {"focus", "focus_at", "off_path"}}};
}

/// Of the fields of one group.
Status checkRules(const std::vector<ApplicabilityRule>& rules, const std::string& group,
                  const RunSpec& spec) {
    const Json given = toJson(spec).at(group), defaults = toJson(RunSpec()).at(group);
    for (const ApplicabilityRule& rule : rules)
        for (const char* field : rule.fields)
            if (!rule.applies && given.at(field) != defaults.at(field))
                return fail(ErrorCode::InvalidInput,
                            strCat("\"", group, ".", field, "\" is ", dumpJson(given.at(field)),
                                   ", which counts only with ", rule.choice,
                                   " and would be ignored; leave it out, or choose that"));
    return {};
}

}  // namespace

Status checkApplicable(const RunSpec& spec) {
    SKD_CHECK(checkRules(inferenceRules(spec.inference), "inference", spec));
    SKD_CHECK(checkRules({{spec.consistency.answers > 0,
                           "\"consistency.answers\"",
                           {"prompts", "tokens", "temperature"}}},
                         "consistency", spec));
    SKD_CHECK(
        checkRules({{!spec.tasks.files.empty(), "\"tasks.files\"", {"limit", "examples"}},
                    {spec.tasks.examples > 0, "\"tasks.examples\"", {"example_files", "seed"}}},
                   "tasks", spec));
    if (spec.control != Control::None) return {};
    SKD_CHECK(checkRules(elasticRules(spec), "elastic", spec));
    const PruneSpec& prune = spec.prune;
    SKD_CHECK(checkRules(methodRules(prune), "prune", spec));
    SKD_CHECK(checkRules(factoringRules(prune), "prune", spec));
    SKD_CHECK(
        checkRules({{!spec.elastic.isOn(), "\"elastic.smallest\" 0", {"target"}}}, "prune", spec));
    if (spec.elastic.isOn() && !spec.schedule.rounds.empty())
        return fail(ErrorCode::InvalidInput,
                    "\"schedule.rounds\" gives targets, but the sizes of an elastic run are those "
                    "from \"elastic.largest\" to \"elastic.smallest\"; empty it");
    if (prune.pattern.empty() || spec.schedule.rounds.empty()) return {};
    return fail(ErrorCode::InvalidInput,
                strCat("\"schedule.rounds\" gives targets, but \"prune.pattern\" ", prune.pattern,
                       " always removes the same share; empty one of them"));
}

}  // namespace skd
