#include "run/elastic_student.h"

#include <map>

#include "base/text.h"
#include "library/elastic_slice.h"
#include "prune/svd/elastic_cut.h"
#include "prune/svd/prune.h"
#include "ranks/damage.h"

namespace skd {
namespace {

bool hasSizes(const RunWork& work) {
    return work.path && isElastic(work.student.decoder);
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
                    hasSizes(work) ? work.spec.prune.form : MatrixForm::Factored);
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
    summary.form = enumName(work.spec.prune.form);
    summary.pathSha256 = work.path->sha256();
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

Result<Decoder> selectionSlice(RunWork& work) {
    if (!hasSizes(work)) return work.student.decoder;
    SKD_CHECK(useSelectionNode(work));
    SKD_TRY(Slice slice, sliced(work.student.decoder, ranksInUse(work.student.decoder),
                                sliceFormOf(*work.path)));
    for (const std::string& note : slice.notes) work.context.log(log::Level::Warning, note);
    return std::move(slice.model);
}

}  // namespace skd
