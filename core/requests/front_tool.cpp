#include "requests/front_tool.h"

#include <algorithm>

#include "base/text.h"
#include "eval/perplexity.h"
#include "library/model_source.h"
#include "spec/run_spec.h"
#include "store/run_store.h"

namespace skd {
namespace {

/// Sizes that differ by less are one.
constexpr double kSameSize = 1e-9;

/// What a front is made of.
struct FrontSources {
    RunReference run;
    RunPaths paths;
    RunSpec spec;
    RunSummary summary;
    std::optional<NestedPath> path;  ///< where sizes are measured, or none are on record
};

Result<FrontSources> sourcesOf(const FrontRequest& request) {
    SKD_TRY(const auto store, RunStore::open(request.workspace));
    SKD_TRY(RunDetails details, store->details(request.run));
    auto spec = parseRunSpec(details.spec);
    if (!spec) return fail(spec.error().in(strCat("the spec of run ", request.run.value())));
    const RunReference run{request.run, {}, {}};
    const RunPaths paths = RunPaths::of(request.workspace);
    FrontSources from{run, paths, std::move(*spec), std::move(details.summary), {}};
    if (request.sizes > 0 || !from.summary.elastic) {
        SKD_TRY(from.path, readPath(paths, run));
    }
    return from;
}

/// Parameters and bytes of the model at a size, as far as its file says.
void addHeader(const FrontSources& from, FrontRow& row) {
    RunReference at = from.run;
    at.removed = row.point.removed;
    const auto header = runModelHeader(from.paths, at);
    if (!header) return;
    if (!row.parameters) row.parameters = header->parameters;
    row.bytes = header->bytes;
}

std::vector<FrontRow> recordedRows(const FrontSources& from) {
    std::vector<FrontRow> rows;
    if (!from.summary.elastic) return rows;
    for (const ElasticNode& node : from.summary.elastic->nodes) {
        FrontRow row{{node.removed, valueOrNan(node.postKdPpl),
                      valueOrNan(node.postKdStandardError), FrontSource::Recorded},
                     node.targetRemoved,
                     node.parameters,
                     {},
                     node.preKdPpl,
                     node.preKdStandardError};
        addHeader(from, row);
        rows.push_back(row);
    }
    return rows;
}

/// Evenly from the largest to the smallest.
std::vector<double> sizesBetween(const NestedPath& path, std::int64_t count) {
    std::vector<double> sizes;
    for (std::int64_t i = 0; i < count; ++i) {
        const double share = static_cast<double>(i) / static_cast<double>(count - 1);
        const double size = path.largest() + share * (path.smallest() - path.largest());
        // Whole thousandths of a per cent, which references spell.
        constexpr double kGrid = 1e5;
        sizes.push_back(
            std::clamp(std::round(size * kGrid) / kGrid, path.largest(), path.smallest()));
    }
    return sizes;
}

bool hasSize(const std::vector<FrontRow>& rows, double removed) {
    return std::ranges::any_of(rows, [&](const FrontRow& row) {
        return std::abs(row.point.removed - removed) < kSameSize && std::isfinite(row.point.ppl);
    });
}

/// The row of the model that the run's reference at a size stands for; nothing when cancelled.
Result<std::optional<FrontRow>> measureRow(const FrontSources& from, double removed,
                                           const EvalSpec& eval, const RunContext& context) {
    RunReference at = from.run;
    at.removed = removed;
    ModelRef ref = from.spec.model;
    ref.path = at.text();
    SKD_TRY(const OpenModel model, openModel(ref, &from.paths));
    SKD_TRY(const std::vector<EvalReport> reports,
            evaluateProtocols(model.decoder, *model.tokenizer, eval, context));
    const EvalReport& report = reports.front();
    if (report.cancelled) return std::optional<FrontRow>();
    FrontRow row{{removed, report.perplexity, report.standardError, FrontSource::Measured}};
    row.actual = model.slice ? std::optional(model.slice->removed) : std::nullopt;
    row.parameters = model.summary.totalParameters;
    addHeader(from, row);
    return std::optional(row);
}

/// Whether the recorded figures are of as many tokens as will be measured on.
bool isSameText(const FrontRequest& request, const RunSpec& spec) {
    return request.tokens == 0 || request.tokens == spec.eval.maxTokens;
}

Status measureRows(const FrontRequest& request, const FrontSources& from, ElasticFront& front,
                   const RunContext& context) {
    if (request.sizes == 0) return {};
    setThreads(from.spec.model.threads);
    EvalSpec eval = from.spec.eval;
    eval.also.clear();
    eval.quality = false;
    if (request.tokens > 0) eval.maxTokens = request.tokens;
    const std::vector<FrontRow> recorded = front.rows;
    const bool same = isSameText(request, from.spec);
    for (const double removed : sizesBetween(*from.path, request.sizes)) {
        if (same && hasSize(recorded, removed)) continue;
        SKD_TRY(const std::optional<FrontRow> row, measureRow(from, removed, eval, context));
        if (!row) {
            front.cancelled = true;
            return {};
        }
        front.rows.push_back(*row);
    }
    std::ranges::stable_sort(front.rows, {}, [](const FrontRow& row) { return row.point.removed; });
    return {};
}

void checkRows(ElasticFront& front, bool same) {
    std::vector<FrontPoint> points;
    const bool measured = std::ranges::any_of(
        front.rows, [](const FrontRow& row) { return row.point.source == FrontSource::Measured; });
    for (std::size_t i = 0; i < front.rows.size(); ++i) {
        const FrontPoint& point = front.rows[i].point;
        if (!same && measured && point.source == FrontSource::Recorded) continue;
        if (!std::isfinite(point.ppl)) continue;
        front.checked.push_back(i);
        points.push_back(point);
    }
    front.check = checkFront(points);
}

Json rowJson(const FrontRow& row) {
    return {{"removed", row.point.removed},
            {"actual_removed", memberJson(row.actual)},
            {"source", enumName(row.point.source)},
            {"parameters", memberJson(row.parameters)},
            {"bytes", memberJson(row.bytes)},
            {"pre_kd_ppl", memberJson(row.before)},
            {"pre_kd_standard_error", memberJson(row.beforeError)},
            {"ppl", numberJson(row.point.ppl)},
            {"standard_error", numberJson(row.point.standardError)}};
}

}  // namespace

Json ElasticFront::toJson() const {
    Json json{{"name", name},
              {"form", form},
              {"path_sha256", pathSha256},
              {"protocol", protocol},
              {"largest", largest},
              {"smallest", smallest},
              {"dense_ppl", memberJson(densePpl)},
              {"points", Json::array()},
              {"monotone", check.isMonotone()},
              {"falls_at", Json::array()},
              {"cancelled", cancelled}};
    for (const FrontRow& row : rows) json["points"].push_back(rowJson(row));
    for (const std::size_t place : check.falls)
        json["falls_at"].push_back(rows[checked[place]].point.removed);
    for (std::size_t i = 0; i < checked.size(); ++i) {
        Json& point = json["points"][checked[i]];
        point["over_chord"] = finiteOrNull(check.overChord[i] - 1);
    }
    return json;
}

Result<ElasticFront> elasticFront(const FrontRequest& request, const RunContext& context) {
    if (request.sizes == 1)
        return fail(ErrorCode::InvalidInput,
                    "a front has two ends at least; give --sizes 2 or more");
    SKD_TRY(const FrontSources from, sourcesOf(request));
    ElasticFront front;
    front.name = from.summary.name;
    front.protocol = from.summary.protocol;
    if (from.summary.elastic) {
        front.form = from.summary.elastic->form;
        front.pathSha256 = from.summary.elastic->pathSha256;
        front.largest = from.summary.elastic->largest;
        front.smallest = from.summary.elastic->smallest;
    } else {
        front.pathSha256 = from.path->sha256();
        front.largest = from.path->largest();
        front.smallest = from.path->smallest();
    }
    front.densePpl = from.summary.densePpl;
    front.rows = recordedRows(from);
    SKD_CHECK(measureRows(request, from, front, context));
    checkRows(front, isSameText(request, from.spec));
    return front;
}

}  // namespace skd
