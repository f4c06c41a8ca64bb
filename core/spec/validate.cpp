#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.h"
#include "spec/json_reader.h"
#include "spec/json_writer.h"
#include "spec/run_spec.h"
#include "spec/task_files.h"

namespace skd {
namespace {

Status refuse(std::string message) {
    return fail(ErrorCode::InvalidInput, std::move(message));
}

Status validateModel(const ModelRef& model) {
    if (model.path.empty())
        return refuse("\"model.path\" is empty; give a model folder, a .gguf file or a name");
    return {};
}

Status validateShare(const CorpusShare& share, const std::string& path) {
    if (share.path.empty())
        return refuse(strCat("\"", path, ".path\" is empty; give a file or resource:NAME"));
    if (share.format == CorpusFormat::Jsonl && share.fields.empty())
        return refuse(
            strCat("\"", path, ".fields\" is empty; name the fields of a line that hold its text"));
    if (std::find(share.fields.begin(), share.fields.end(), "") != share.fields.end())
        return refuse(strCat("\"", path, ".fields\" has an empty name"));
    return {};
}

Status validateCorpus(const CorpusSpec& corpus) {
    if (!corpus.folder.empty()) {
        if (corpus.shares == CorpusSpec::defaultShares()) return {};
        return refuse(
            "\"corpus.folder\" and \"corpus.shares\" are both given; the folder's manifest lists "
            "its shares, so remove one of the two (for other weights, list FOLDER/NAME.jsonl as "
            "shares)");
    }
    double total = 0;
    std::set<std::string> names;
    for (std::size_t i = 0; i < corpus.shares.size(); ++i) {
        const CorpusShare& share = corpus.shares[i];
        SKD_CHECK(validateShare(share, strCat("corpus.shares.", i)));
        if (!share.name.empty() && !names.insert(share.name).second)
            return refuse(
                strCat("\"corpus.shares\" has two shares called \"", share.name, "\"; rename one"));
        total += share.weight;
    }
    if (corpus.shares.empty())
        return refuse("\"corpus.shares\" is empty; give at least one source of text");
    if (!(total > 0))
        return refuse(
            "the weights of \"corpus.shares\" add up to 0; give one of them a weight above 0");
    return {};
}

/// Rules across the fields that fix the ranks of factored matrices.
Status validateRanks(const PruneSpec& prune) {
    if (prune.ranks == RankRule::Search && !(prune.searchPerplexity > 0))
        return refuse(
            "\"prune.ranks\" is search, but \"prune.search_ppl\" is 0; give the largest perplexity "
            "that may come out");
    if (prune.cost == PruneCost::Latency && prune.ranks != RankRule::Budget &&
        prune.ranks != RankRule::Search)
        return refuse(
            strCat("\"prune.cost\" is latency, which only the budget and search rules know; "
                   "\"prune.ranks\" is ",
                   enumName(prune.ranks)));
    if (prune.cost == PruneCost::Latency && prune.remeasure > 0)
        return refuse(
            "\"prune.cost\" is latency, but \"prune.remeasure\" deepens the cut by parameters; set "
            "one of them back");
    if (prune.depthTrials > 0 && prune.ranks != RankRule::Budget)
        return refuse(
            strCat("\"prune.depth_trials\" weighs damage for a budget, but \"prune.ranks\" is ",
                   enumName(prune.ranks), "; set one of them back"));
    if (!prune.energies.empty() && prune.ranks != RankRule::Energy)
        return refuse(strCat("\"prune.energies\" gives thresholds, but \"prune.ranks\" is ",
                             enumName(prune.ranks), "; choose energy, or leave it empty"));
    if (prune.fisherClip > 0 && prune.fisherClip < 1)
        return refuse(strCat("\"prune.fisher_clip\" is ", prune.fisherClip,
                             ", a factor around the mean norm; give 1 or more, or 0 for none"));
    const bool tiers = prune.ranks == RankRule::Tiers ||
                       (prune.ranks == RankRule::Budget && prune.weights == WeightRule::Tiers);
    if (tiers && prune.tierEarly + prune.tierMiddle + prune.tierLate <= 0)
        return refuse(
            "\"prune.tier_early\", \"tier_middle\" and \"tier_late\" are all 0; give one of them a "
            "factor above 0");
    return {};
}

Status refuseWidths(const PruneSpec& prune) {
    const std::string_view end = ".mlp";
    for (const auto& [name, width] : prune.explicitRanks)
        if (name.ends_with(end) && prune.ranks == RankRule::Explicit)
            return refuse(strCat("\"prune.explicit_ranks\" gives ", name,
                                 " a width, but \"prune.mlp_arm\" is factored; set it to either"));
    return {};
}

/// Removing channels needs Gram matrices of what down reads, and a budget that weighs both arms.
Status validateChannels(const PruneSpec& prune) {
    if (prune.mlpArm == MlpArm::Factored) return refuseWidths(prune);
    const auto conflict = [&](const char* field, const char* value, const char* wanted) {
        return refuse(strCat("\"prune.mlp_arm\" is ", enumName(prune.mlpArm), ", but \"prune.",
                             field, "\" is ", value, "; ", wanted));
    };
    if (prune.targets == PruneTargets::Attention)
        return conflict("targets", "attention", "choose mlp or all");
    if (prune.ranks != RankRule::Budget && prune.ranks != RankRule::Search &&
        prune.ranks != RankRule::Explicit)
        return conflict("ranks", enumName(prune.ranks),
                        "only budget and search choose widths, and explicit gives them");
    if (prune.truncation == Truncation::Plain || prune.truncation == Truncation::Asvd)
        return conflict("truncation", enumName(prune.truncation),
                        "it knows no Gram matrices, which widths need; choose whitened or fisher");
    if (prune.cost == PruneCost::Latency)
        return conflict("cost", "latency", "times of widths are not measured; choose parameters");
    if (prune.remeasure > 0)
        return conflict("remeasure", "more than 0", "only ranks are measured again; set it to 0");
    return {};
}

Status validatePrune(const PruneSpec& prune) {
    if (prune.method == PruneMethod::None) return {};
    if (prune.ranks == RankRule::Explicit && prune.explicitRanks.empty())
        return refuse(
            "\"prune.ranks\" is explicit, but \"prune.explicit_ranks\" is empty; give a rank per "
            "matrix name");
    if (!prune.pattern.empty()) SKD_CHECK(parseMaskPattern(prune.pattern));
    if (prune.method == PruneMethod::LlmPruner && prune.targets != PruneTargets::Mlp)
        return refuse(
            strCat("llm-pruner removes channels of the MLP; \"prune.targets\" must be mlp, not ",
                   enumName(prune.targets)));
    if (prune.method == PruneMethod::SliceGpt && !prune.locked.empty())
        return refuse(
            "slicegpt rotates every matrix; empty \"prune.locked\" or choose another "
            "\"prune.method\"");
    if (std::find(prune.locked.begin(), prune.locked.end(), "") != prune.locked.end())
        return refuse("\"prune.locked\" has an empty entry; give names or beginnings of names");
    if (prune.method != PruneMethod::Svd) return {};
    SKD_CHECK(validateChannels(prune));
    return validateRanks(prune);
}

Status validateDistill(const DistillSpec& distill) {
    if (distill.steps == 0 && distill.budget > 0)
        return refuse(
            "\"distill.budget\" is given, but \"distill.steps\" is 0; give steps in proportion to "
            "warm-up and intervals, which the budget multiplies together");
    if (distill.steps == 0) return {};
    if (distill.warmup > distill.steps)
        return refuse(strCat("\"distill.warmup\" (", distill.warmup,
                             ") is more than \"distill.steps\" (", distill.steps, ")"));
    if (distill.microBatch > distill.batch)
        return refuse(strCat("\"distill.micro_batch\" (", distill.microBatch,
                             ") is more than \"distill.batch\" (", distill.batch, ")"));
    const bool stored = std::find(kStoredTemperatures.begin(), kStoredTemperatures.end(),
                                  distill.temperature) != kStoredTemperatures.end();
    if (distill.alpha > 0 && distill.loss != KdLoss::Online && !stored)
        return refuse(
            strCat("\"distill.temperature\" must be one of 1, 1.5, 2, 3 (the teacher's log Z is "
                   "stored for these; the online loss accepts any), not ",
                   distill.temperature));
    return {};
}

/// Either all rounds have shares of the steps, or none has.
Status validateShares(const RunSpec& spec) {
    const std::vector<RoundSpec>& rounds = spec.schedule.rounds;
    double sum = 0;
    for (const RoundSpec& round : rounds) sum += round.share;
    if (sum == 0) return {};
    for (std::size_t i = 0; i < rounds.size(); ++i) {
        const std::string path = strCat("\"schedule.rounds.", i);
        if (rounds[i].share == 0 || rounds[i].steps > 0)
            return refuse(strCat(path, rounds[i].share == 0 ? ".share\" is 0" : ".steps\" is given",
                                 ", but rounds have shares of \"distill.steps\"; give each round a "
                                 "share and no steps, or none a share"));
        if (spec.distill.steps > 0 && roundsOf(spec)[i].steps == 0)
            return refuse(strCat(path, ".share\" (", rounds[i].share, ") of ", spec.distill.steps,
                                 " steps is no whole step; give the round a larger share, or "
                                 "\"distill.steps\" more steps"));
    }
    if (std::abs(sum - 1) > 1e-6)
        return refuse(strCat("the shares of \"schedule.rounds\" add up to ", formatNumber(sum, 4),
                             "; they are shares of \"distill.steps\" and must add up to 1"));
    return {};
}

Status validateRefine(const RunSpec& spec) {
    const RunSpec worked = withControl(spec);
    if (worked.refine.passes == 0) return {};
    if (worked.prune.method == PruneMethod::None)
        return refuse(
            "\"refine.passes\" is above 0, but \"prune.method\" is none: nothing is cut that could "
            "be refined; set it to 0");
    if (worked.prune.method == PruneMethod::SliceGpt)
        return refuse(
            "slicegpt narrows the residual stream, so that its blocks have nothing to be refined "
            "towards; set \"refine.passes\" to 0 or choose another \"prune.method\"");
    return {};
}

Status validateSchedule(const RunSpec& spec) {
    const std::vector<RoundSpec>& rounds = spec.schedule.rounds;
    if (!rounds.empty() && spec.prune.method == PruneMethod::None && spec.control == Control::None)
        return refuse("\"schedule.rounds\" needs a pruning method, but \"prune.method\" is none");
    for (std::size_t i = 0; i < rounds.size(); ++i)
        if (i > 0 && rounds[i].target <= rounds[i - 1].target)
            return refuse(strCat("\"schedule.rounds.", i, ".target\" (", rounds[i].target,
                                 ") must be more than the round before it removes (",
                                 rounds[i - 1].target, "): targets are shares of the dense model"));
    const bool byTarget = spec.prune.ranks != RankRule::Explicit &&
                          spec.prune.ranks != RankRule::Energy &&
                          spec.prune.ranks != RankRule::Search;
    if (rounds.size() > 1 && spec.prune.method == PruneMethod::Svd && !byTarget)
        return refuse(strCat("\"prune.ranks\" is ", enumName(spec.prune.ranks),
                             ", which does not follow the targets of \"schedule.rounds\"; use "
                             "budget, uniform, tiers or random"));
    return validateShares(spec);
}

Status validateTeacher(const RunSpec& spec) {
    const bool fresh = spec.teacher.student == StudentStart::Fresh;
    if (fresh && withControl(spec).prune.method != PruneMethod::None)
        return refuse(
            "\"teacher.student\" is fresh: random weights cannot be pruned; set \"prune.method\" "
            "to none");
    if (fresh && spec.distill.steps == 0)
        return refuse(
            "\"teacher.student\" is fresh, but \"distill.steps\" is 0: nothing would train it");
    return {};
}

Status validateControl(const RunSpec& spec) {
    if (spec.control == Control::RandomRank && spec.prune.method != PruneMethod::Svd)
        return refuse(strCat("\"control\" is random-rank, but \"prune.method\" is ",
                             enumName(spec.prune.method), "; only svd has ranks"));
    const bool none = spec.control == Control::NoWikiText && spec.corpus.folder.empty() &&
                      withControl(spec).corpus.shares.empty();
    if (none)
        return refuse("\"control\" is no-wikitext, but every share of the corpus is WikiText");
    return {};
}

/// A budget counts every stage but published tasks; what else is measured on top of it would be
/// paid for by nobody.
Status validateMeasures(const RunSpec& spec) {
    if (spec.consistency.answers > 0 && spec.consistency.prompts.empty())
        return refuse(
            "\"consistency.prompts\" is empty; give a text file with a prompt on each line, or "
            "resource:NAME");
    SKD_CHECK(located(parseTaskFiles(spec.tasks.files), "\"tasks.files\"").map([](auto&&) {}));
    SKD_CHECK(
        located(parseTaskFiles(spec.tasks.exampleFiles), "\"tasks.example_files\"").map([](auto&&) {
        }));
    if (spec.distill.budget == 0) return {};
    if (!spec.inference.isEmpty())
        return refuse(
            "\"inference\" times models, but \"distill.budget\" counts every stage; set one of "
            "them back, and time the run's model by sparsekd benchmark or profile");
    if (spec.consistency.answers > 0)
        return refuse(
            "\"consistency.answers\" asks models, but \"distill.budget\" counts every stage; set "
            "one of them back, and ask the run's model by sparsekd consistency");
    return {};
}

Status validatePages(const EvalSpec& eval) {
    if (eval.protocol != Protocol::LmEvalWikiText) return {};
    if (eval.stride > 0)
        return refuse("\"eval.stride\" must be 0: lm-eval-wikitext scores every token once");
    if (eval.bos == BosRule::Window)
        return refuse(
            "\"eval.bos\" is window, but lm-eval-wikitext has a prefix token of its own; choose "
            "auto or none");
    return {};
}

Status validateEval(const EvalSpec& eval) {
    if (eval.text.empty())
        return refuse("\"eval.text\" is empty; give a text file or resource:NAME");
    if (eval.context == 1)
        return refuse("\"eval.context\" must be at least 2 tokens: one to read, one to predict");
    if (std::find(eval.prompts.begin(), eval.prompts.end(), "") != eval.prompts.end())
        return refuse("\"eval.prompts\" has an empty prompt; give some text to answer");
    SKD_CHECK(checkProtocolNames(eval));
    SKD_CHECK(validatePages(eval));
    const std::int64_t window = eval.context > 0 ? eval.context : defaultsOf(eval.protocol).context;
    if (window > 0 && eval.stride > window)
        return refuse(strCat("\"eval.stride\" (", eval.stride, ") is more than the context (",
                             window, "): tokens between the windows would not be scored"));
    return {};
}

}  // namespace

Result<MaskPattern> parseMaskPattern(const std::string& text) {
    constexpr std::int64_t kLargestGroup = 64;
    const std::string_view whole = text;
    const std::size_t colon = std::min(whole.find(':'), whole.size());
    const auto keep = parseNumber<std::int64_t>(whole.substr(0, colon));
    const auto group = parseNumber<std::int64_t>(whole.substr(std::min(colon + 1, whole.size())));
    if (!keep || !group || *keep < 1 || *keep >= *group || *group > kLargestGroup)
        return fail(ErrorCode::InvalidInput,
                    strCat("\"prune.pattern\" is \"", text,
                           "\"; give n:m with 0 < n < m <= ", kLargestGroup,
                           ", e.g. 2:4 keeps 2 of every 4 weights, or leave it empty"));
    return MaskPattern{*keep, *group};
}

Status validate(const RunSpec& spec) {
    // A spec made in code has not been through the reader: hold it to the same ranges.
    RunSpec read;
    SKD_CHECK(readSpec(specToJson(spec), "", read));
    SKD_CHECK(validateModel(spec.model));
    SKD_CHECK(validateCorpus(spec.corpus));
    SKD_CHECK(validatePrune(spec.prune));
    SKD_CHECK(validateDistill(spec.distill));
    SKD_CHECK(validateSchedule(spec));
    SKD_CHECK(validateRefine(spec));
    SKD_CHECK(validateElastic(spec));
    SKD_CHECK(validateTeacher(spec));
    SKD_CHECK(validateControl(spec));
    SKD_CHECK(validateMeasures(spec));
    return validateEval(spec.eval);
}

}  // namespace skd
