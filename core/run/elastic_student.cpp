#include "run/elastic_student.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "library/elastic_slice.h"
#include "prune/svd/elastic_cut.h"
#include "prune/svd/prune.h"
#include "prune/svd/trained_energy.h"
#include "ranks/damage.h"
#include "run/stage_scope.h"

namespace skd {
namespace {

/// Text behind the metric of trained factors: a figure that is looked at, not one that ranks are
/// chosen by.
constexpr std::int64_t kEnergyTokens = 4096;

bool hasSizes(const RunWork& work) {
    return work.path && isElastic(work.student.decoder);
}

/// That ranks are priced in.
MatrixForm formOf(const NestedPath& path) {
    return sliceFormOf(path) == SliceForm::Factored ? MatrixForm::Factored
                                                    : MatrixForm::IdentityBlock;
}

Status useSizeOf(RunWork& work, double removed) {
    return useSize(work.student.decoder, *work.path, removed);
}

/// What travels with the model: figures without their blocks.
Json recordOf(const NestedPath& path, const std::optional<ElasticSummary>& summary) {
    Json record{{"path", path.toJson()}};
    if (!summary) return record;
    ElasticSummary kept = *summary;
    kept.document = Json();  // a resumed run has read it: its file is to be the same
    kept.path = Json();      // it stands beside it
    kept.pathVersion = 0;
    kept.energies.clear();
    kept.energyMetric.clear();
    for (ElasticNode& node : kept.nodes) {
        node.preKdBlocks = node.postKdBlocks = {};
        node.document = Json();
    }
    record["summary"] = writeRecord(kept);
    return record;
}

/// Writes or hashes the student at its largest size.
template <class Use>
Status atLargest(RunWork& work, Use use) {
    if (!hasSizes(work)) return use();
    SKD_CHECK(useSizeOf(work, work.path->largest()));
    SKD_CHECK(use());
    return useSelectionNode(work);
}

}  // namespace

Result<PruneReport> cutToSizes(RunWork& work, Decoder& candidate, const AnalysisResult& analysis) {
    const PruneSpec& spec = work.spec.prune;
    Decoder asAnalysed = candidate;
    SKD_TRY(const DenseReference reference, beginCut(asAnalysed, spec, analysis, work.dense));
    SKD_TRY(work.path, nestedPath(*analysis.analysis, work.spec,
                                  rankBase(asAnalysed, reference, analysis, work.context.seed),
                                  damageCurves(*analysis.analysis, damageRule(spec))));
    work.context.log(
        log::Level::Info,
        strCat("sizes from ", formatNumber(100 * work.path->largest(), 4), " to ",
               percentText(work.path->smallest()), " removed: ",
               groupDigits(static_cast<std::int64_t>(work.path->steps())), " steps between them"));
    SKD_TRY(PruneReport report, cutElastic(candidate, spec, analysis,
                                           {work.path->components(), work.dense}, work.context));
    report.details["elastic"] = {{"largest", work.path->largest()},
                                 {"smallest", work.path->smallest()},
                                 {"path_sha256", work.path->sha256()}};
    return report;
}

Status useSelectionNode(RunWork& work) {
    return hasSizes(work) ? useSizeOf(work, work.spec.elastic.selectionNode()) : Status();
}

PruneReport studentReport(const RunWork& work) {
    return reportOf(work.student.decoder, work.dense,
                    hasSizes(work) ? formOf(*work.path) : MatrixForm::Factored);
}

Result<PruneReport> reportAtLargest(RunWork& work) {
    PruneReport report;
    SKD_CHECK(atLargest(work, [&]() -> Status {
        report = studentReport(work);
        return {};
    }));
    return report;
}

std::optional<ElasticTraining> elasticTraining(const RunWork& work, const DistillSpec& spec) {
    if (!hasSizes(work)) return std::nullopt;
    const ElasticSpec& elastic = work.spec.elastic;
    return ElasticTraining{*work.path, ElasticDrawRule::of(elastic, work.context.seed, spec.batch),
                           elastic.weights, elastic.measuredNodes(), elastic.selectionNode()};
}

Result<ElasticSummary> elasticSummary(RunWork& work) {
    ElasticSummary summary;
    summary.largest = work.path->largest();
    summary.smallest = work.path->smallest();
    summary.form = enumName(formOf(*work.path));
    summary.pathSha256 = work.path->sha256();
    summary.path = work.path->toJson();
    summary.pathVersion = ElasticSummary::kPathVersion;
    summary.selection = work.spec.elastic.selectionNode();
    for (const double removed : work.spec.elastic.measuredNodes()) {
        SKD_CHECK(useSizeOf(work, removed));
        const PruneReport size = studentReport(work);
        ElasticNode& node = summary.nodes.emplace_back();
        node.removed = removed;
        node.targetRemoved = size.targetRemoved;
        node.parameters = size.parameters;
    }
    SKD_CHECK(useSelectionNode(work));
    return summary;
}

Status scoreNodes(RunWork& work, const Figure& figure, NodeFigures when, ElasticSummary& summary) {
    for (ElasticNode& node : summary.nodes) {
        if (work.stopped) return {};
        Figure own = figure;
        if (node.removed != summary.selection) own.name = metricAt(figure.name, node.removed);
        own.metric = metricAt(figure.metric, node.removed);
        own.label = strCat(figure.label, ", ", percentText(node.removed), " removed");
        SKD_CHECK(useSizeOf(work, node.removed));
        SKD_TRY(const Score score, work.measure(work.student.decoder, own));
        if (work.stopped) return {};
        const bool before = when == NodeFigures::PreKd;
        (before ? node.preKdPpl : node.postKdPpl) = score.ppl;
        (before ? node.preKdStandardError : node.postKdStandardError) = score.standardError;
        (before ? node.preKdBlocks : node.postKdBlocks) = score.blocks;
    }
    return useSelectionNode(work);
}

Status askNodes(RunWork& work, const ElasticSummary& summary, AnsweringModel of) {
    if (work.questions.prompts.empty()) return {};
    for (const ElasticNode& node : summary.nodes) {
        if (work.isStopped()) return {};
        of.removed = node.removed;
        SKD_CHECK(useSizeOf(work, node.removed));
        SKD_CHECK(recordAnswers(work, work.student.decoder, of));
    }
    return useSelectionNode(work);
}

Status takeEnergies(RunWork& work, const std::string& key, ElasticSummary& summary) {
    if (work.isStopped()) return {};
    const PruneSpec& prune = work.spec.prune;
    summary.energyMetric = enumName(prune.truncation);
    if (const auto known = work.state.find(key); known && readMember(*known, summary.energies))
        return {};
    StageScope stage(work.context, Stage::Analyse, "energy of the trained factors");
    PruneSpec brief = prune;
    brief.calibrationTokens = std::min(prune.calibrationTokens, kEnergyTokens);
    brief.fisherTokens = std::min(prune.fisherTokens, kEnergyTokens);
    const AnalysisInput text = analysisInput(work.model.summary, *work.corpus, brief);
    SKD_TRY(summary.energies,
            trainedEnergies(work.student.decoder, brief, text, prune.rankMultiple, work.context));
    if (summary.energies.empty() || work.isStopped()) return work.stop();
    stage.finish();
    return work.conclude(key, memberJson(summary.energies));
}

void takeTraining(const ElasticTraining& training, const DistillReport& report,
                  std::int64_t firstStep, ElasticSummary& summary) {
    double sum = 0;
    for (std::size_t i = 0; i < report.nodePerplexities.size(); ++i) {
        summary.nodes[i].selectionPpl = report.nodePerplexities[i];
        sum += std::log(report.nodePerplexities[i]);
    }
    if (!report.nodePerplexities.empty())
        summary.meanLogPpl = sum / static_cast<double>(report.nodePerplexities.size());
    const ElasticDraws draws(training.path, training.rule);
    std::map<std::int64_t, ElasticBin> bins;
    for (std::int64_t step = firstStep; step < firstStep + report.steps; ++step)
        for (std::int64_t slot = 0; slot < training.rule.slots; ++slot) {
            const ElasticDraw draw = draws.at(step, slot);
            ElasticBin& bin = bins[ElasticBin::numberOf(draw.removed)];
            ++bin.draws;
            bin.offPath += draw.offPath ? 1 : 0;
        }
    summary.draws.clear();
    for (auto& [number, bin] : bins) {
        bin.removed = ElasticBin::beginOf(number);
        summary.draws.push_back(bin);
    }
}

Status writeStudent(RunWork& work, const std::filesystem::path& path, const Json& about,
                    const std::optional<ElasticSummary>& summary) {
    return atLargest(work, [&] {
        return writeDecoder(path, work.student.decoder, about,
                            hasSizes(work) ? recordOf(*work.path, summary) : Json());
    });
}

Result<std::string> studentSha256(RunWork& work) {
    std::string sha256;
    SKD_CHECK(atLargest(work, [&]() -> Status {
        sha256 = weightsSha256(work.student.decoder);
        return {};
    }));
    return sha256;
}

Status takePath(RunWork& work, const Json& elastic) {
    if (elastic.is_null()) return {};
    SKD_TRY(work.path, NestedPath::fromJson(memberOf(elastic, "path")));
    return useSelectionNode(work);
}

Status takeSizesOf(RunWork& work, const Json& elastic) {
    SKD_TRY(const NestedPath path, pathOf(elastic));
    const ElasticSpec& asked = work.spec.elastic;
    for (const double size : {asked.largest, asked.smallest})
        if (!isSizeBetween(size, path.largest(), path.smallest()))
            return fail(
                ErrorCode::InvalidInput,
                strCat("the run is to train sizes from ", removedPercent(asked.largest), " to ",
                       removedPercent(asked.smallest), " %, but ", work.spec.model.path, " has ",
                       removedPercent(path.largest()), " to ", removedPercent(path.smallest()),
                       " %; set \"elastic.largest\" and \"elastic.smallest\" to sizes "
                       "between"));
    return takePath(work, elastic);
}

Result<Decoder> selectionSlice(RunWork& work) {
    if (!hasSizes(work)) return work.student.decoder;
    SKD_CHECK(useSelectionNode(work));
    SKD_TRY(Slice slice, sliced(work.student.decoder, ranksInUse(work.student.decoder),
                                sliceFormOf(*work.path)));
    for (const std::string& note : slice.notes) work.context.log(log::Level::Warning, note);
    return std::move(slice.model);
}

}  // namespace skd
