#include "spec/run_spec.h"

#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "base/text.h"
#include "spec/field_describer.h"
#include "spec/json_reader.h"
#include "spec/json_writer.h"

namespace skd {
namespace {

/// 0.15 -> "15 %", 0.125 -> "12.5 %".
std::string plainPercent(double fraction) {
    return strCat(fraction * 100, " %");
}

/// What fixes the ranks, as it stands in a run's name.
std::string rankText(const PruneSpec& prune) {
    if (prune.ranks == RankRule::Energy) return "energy " + plainPercent(prune.energy);
    if (prune.ranks == RankRule::Explicit) return "explicit ranks";
    if (prune.ranks == RankRule::Search) return strCat("up to perplexity ", prune.searchPerplexity);
    const bool plain = prune.ranks == RankRule::Budget;
    return (plain ? "" : strCat(enumName(prune.ranks), " ")) + plainPercent(prune.target);
}

/// How much a run cuts: of its last round where it has several, of both ends where it is elastic.
std::string amountText(const RunSpec& spec) {
    if (spec.elastic.isOn())
        return strCat("elastic ", plainPercent(spec.elastic.largest), " to ",
                      plainPercent(spec.elastic.smallest));
    if (spec.schedule.rounds.size() > 1)
        return strCat(spec.schedule.rounds.size(), " rounds to ",
                      plainPercent(spec.schedule.rounds.back().target));
    if (spec.prune.method == PruneMethod::Svd) return rankText(spec.prune);
    return spec.prune.pattern.empty() ? plainPercent(spec.prune.target) : spec.prune.pattern;
}

bool isWikiText(const CorpusShare& share) {
    if (share.format == CorpusFormat::WikiText) return true;
    const std::string text = lower(share.name + " " + share.path);
    return text.find("wikitext") != std::string::npos || text.find("wiki.") != std::string::npos;
}

}  // namespace

Result<RunSpec> parseRunSpec(const Json& json) {
    RunSpec spec;
    SKD_CHECK(readSpec(json, "", spec));
    return spec;
}

Result<RunSpec> readRunSpec(const std::string& path) {
    SKD_TRY(const Json json, readJsonFile(path, 64u << 20));
    return located(parseRunSpec(json), path);
}

Json toJson(const RunSpec& spec) {
    return specToJson(spec);
}

Json FieldDescription::valueBefore() const {
    return info.before == nullptr ? defaultValue : Json::parse(info.before);
}

Json completedRunSpec(Json stored) {
    static const std::vector<FieldDescription> kFields = describeRunSpec();
    for (const FieldDescription& field : kFields) {
        if (field.info.before == nullptr) continue;
        std::string path = "/" + field.path;
        std::ranges::replace(path, '.', '/');
        const Json::json_pointer place(path);
        const bool belongs = stored.contains(place.parent_pointer()) &&
                             stored.at(place.parent_pointer()).is_object();
        if (belongs && !stored.contains(place)) stored[place] = field.valueBefore();
    }
    return stored;
}

std::string methodName(const PruneSpec& prune) {
    if (prune.method == PruneMethod::None) return "dense";
    if (prune.method != PruneMethod::Svd) return enumName(prune.method);
    return strCat(enumName(prune.method), "-", enumName(prune.truncation));
}

RunSpec withControl(RunSpec spec) {
    switch (spec.control) {
        case Control::None:
            break;
        case Control::DenseCe:
        case Control::DenseKl:
            spec.distill.alpha = spec.control == Control::DenseKl ? 1 : 0;
            [[fallthrough]];
        case Control::DenseKd:
            spec.prune.method = PruneMethod::None;
            spec.schedule.rounds.clear();
            spec.refine.passes = 0;
            spec.elastic = {};
            break;
        case Control::NoWikiText:
            if (spec.corpus.folder.empty())
                std::erase_if(spec.corpus.shares, isWikiText);
            else
                spec.corpus.without.emplace_back(enumName(CorpusFormat::WikiText));
            break;
        case Control::RandomRank:
            spec.prune.ranks = RankRule::Random;
            spec.prune.mlpArm = MlpArm::Factored;
            spec.elastic = {};
            break;
    }
    return spec;
}

std::vector<RoundSpec> roundsOf(const RunSpec& spec) {
    std::vector<RoundSpec> rounds = spec.schedule.rounds;
    if (rounds.empty()) rounds.push_back({spec.prune.target, 0});
    double shared = 0;
    std::int64_t given = 0;
    for (RoundSpec& round : rounds) {
        if (round.share > 0) {
            shared += round.share;
            round.steps = std::llround(shared * static_cast<double>(spec.distill.steps)) - given;
            given += round.steps;
        } else if (round.steps == 0) {
            round.steps = spec.distill.steps;
        }
    }
    return rounds;
}

bool distils(const RunSpec& spec) {
    const std::vector<RoundSpec> rounds = roundsOf(spec);
    return std::any_of(rounds.begin(), rounds.end(),
                       [](const RoundSpec& round) { return round.steps > 0; });
}

std::int64_t tokensOf(const RunSpec& spec) {
    if (spec.distill.budget > 0) return spec.distill.budget;
    std::int64_t steps = 0;
    for (const RoundSpec& round : roundsOf(spec)) steps += round.steps;
    return steps * spec.distill.batch * spec.corpus.sequenceLength;
}

std::int64_t samplesOf(const RunSpec& spec) {
    if (spec.corpus.samples > 0) return spec.corpus.samples;
    const PruneSpec& prune = spec.prune;
    const std::int64_t length = spec.corpus.sequenceLength,
                       refined = spec.refine.passes > 0 ? spec.refine.samples * length : 0,
                       tokens = std::max({tokensOf(spec), prune.calibrationTokens,
                                          prune.fisherTokens, prune.probeTokens, refined, length});
    return (tokens + length - 1) / length;
}

std::string displayName(const RunSpec& spec) {
    if (!spec.name.empty()) return spec.name;
    const std::string label =
        spec.control == Control::None ? "" : strCat(" · ", enumName(spec.control));
    const RunSpec worked = withControl(spec);
    const bool pruned = worked.prune.method != PruneMethod::None;
    return strCat(methodName(worked.prune), pruned ? " " + amountText(worked) : "", label,
                  " · seed ", spec.seed);
}

std::vector<FieldDescription> describeRunSpec() {
    const RunSpec defaults;
    FieldDescriber describer;
    RunSpec::visitFields(defaults, describer);
    return describer.take();
}

}  // namespace skd
