#include "requests/export/export_tool.h"

#include <algorithm>

#include "base/files.h"
#include "base/hash.h"
#include "base/staging_folder.h"
#include "base/text.h"
#include "requests/export/load_check.h"
#include "requests/export/serving.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

/// What an export leaves about itself; a folder that has it may be replaced by another export.
constexpr const char* kRecord = "sparsekd.json";
constexpr const char* kKind = "sparsekd export";

bool isExport(const fs::path& folder) {
    const auto json = readJsonFile(folder / kRecord);
    return json && json->is_object() && valueOr(*json, "kind", Json()) == Json(kKind);
}

Json shapeOf(const OpenModel& model) {
    const ModelSummary& s = model.summary;
    Json json{{"architecture", s.architecture},
              {"layers", s.layers},
              {"parameters", s.totalParameters},
              {"mlp_parameters", s.mlpParameters}};
    json.update(prunedCounts(model.decoder));
    json["source_sha256"] = s.weightsSha256;
    json["tokenizer_sha256"] = s.tokenizerSha256;
    return json;
}

Status checkSpace(const ExportRequest& request, const OpenModel& model) {
    const std::uint64_t needed = exportBytes(model, request), free = freeDiskBytes(request.out);
    if (needed <= free) return {};
    return fail(ErrorCode::NoSpace,
                strCat("the export needs about ", formatBytes(static_cast<double>(needed)),
                       ", but only ", formatBytes(static_cast<double>(free)), " are free where ",
                       request.out.string(), " is to be; free some, or choose a smaller --dtype"));
}

Result<Json> filesOf(const fs::path& folder, const std::string& weights) {
    Json files = Json::array();
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().filename().string().front() != '.') paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    for (const fs::path& path : paths) {
        Json file{{"name", path.filename().string()}, {"bytes", fs::file_size(path)}};
        if (path.filename() == weights) {
            SKD_TRY(file["sha256"], sha256File(path));
        }
        files.push_back(std::move(file));
    }
    return files;
}

/// Tensors that a format writes, roughly: matrices that are multiplied out are one each.
std::int64_t tensorCount(const ExportRequest& request, const Decoder& decoder) {
    Decoder walk = decoder;
    std::int64_t count = 0;
    walk.visitParameters([&count](const std::string&, at::Tensor&) { ++count; });
    if (request.format == ExportFormat::Hf) return count;
    return count - valueOr(prunedCounts(decoder), "factored_matrices", std::int64_t{0});
}

/// Card and record, written last.
Result<Json> describe(const ExportWork& work, const std::string& weights,
                      const std::optional<LoadCheck>& check) {
    Json record{{"kind", kKind},
                {"version", 1},
                {"name", work.origin.name},
                {"base_model", work.origin.base},
                {"format", enumName(work.request.format)},
                {"dtype", enumName(work.request.type)},
                {"model", weights},
                {"weight_bytes", fs::file_size(work.folder / weights)},
                {"pruned", isPruned(work.origin, work.model.decoder)},
                {"gain", gainOf(work.model, work.request)}};
    if (check) record["load_check"] = toJson(*check);
    if (work.request.target) record["for"] = enumName(*work.request.target);
    record.update(shapeOf(work.model));
    if (const Json types = matrixTypes(work.model.decoder, work.request); !types.empty())
        record["matrix_types"] = types;
    if (work.model.slice) record["slice"] = work.model.slice->toJson();
    record["licence"] = work.origin.licence.empty() ? Json() : Json(work.origin.licence);
    record["lineage"] = work.origin.lineage;
    SKD_CHECK(writeFileAtomically(work.folder / "README.md", modelCard(work.origin, record)));
    SKD_TRY(record["files"], filesOf(work.folder, weights));
    SKD_CHECK(writeFileAtomically(work.folder / kRecord, dumpJson(record, 2) + "\n"));
    return record;
}

Status checkRequest(const ExportRequest& request) {
    if (request.out.empty())
        return fail(ErrorCode::InvalidInput,
                    "no folder is given to export to; name one with --out");
    const bool gguf = request.target ? request.target == ExportTarget::LlamaCpp
                                     : request.format == ExportFormat::Gguf;
    if (!gguf && isQuantised(request.type))
        return fail(ErrorCode::InvalidInput, strCat(enumName(request.type),
                                                    " is a type of GGUF files; choose bf16, f16 or "
                                                    "f32, or --format gguf"));
    return {};
}

/// In f32, whatever it is stored as.
Result<OpenModel> openToExport(const ExportRequest& request) {
    ModelRef reference = request.model;
    reference.dtype = DTypeChoice::F32;
    const RunPaths runs = RunPaths::of(request.workspace);
    return openModel(reference, request.workspace.empty() ? nullptr : &runs, request.slice);
}

/// writeExport, told in tensors.
Result<std::string> writeWithProgress(ExportWork& work, const RunContext& context) {
    std::int64_t left = tensorCount(work.request, work.model.decoder);
    ProgressMeter meter(context, Stage::Export, left, "tensors");
    work.proceed = [&]() -> Status {
        if (context.cancelled()) return fail(ErrorCode::Busy, "the export was cancelled");
        if (left-- > 0) meter.advance(1);
        return {};
    };
    auto weights = writeExport(work);
    work.proceed = nullptr;
    return weights;
}

/// Weights, check, card and record; the record, nothing when cancelled.
Result<std::optional<Json>> fillFolder(ExportWork& work, const RunContext& context) {
    const auto weights = writeWithProgress(work, context);
    if (!weights && context.cancelled()) return std::optional<Json>();
    if (!weights) return fail(weights.error().in(work.request.model.path));
    std::optional<LoadCheck> check;
    if (work.request.check) {
        context.emit(StageStarted{context.run, Stage::Export, "opens the written model"});
        SKD_TRY(check, checkExport(work, *weights, context));
        if (!check) return std::optional<Json>();
    }
    SKD_TRY(Json record, describe(work, *weights, check));
    return std::optional(std::move(record));
}

}  // namespace

Result<std::optional<Json>> exportModel(const ExportRequest& wanted, const RunContext& context) {
    ExportRequest request = wanted;
    SKD_CHECK(checkRequest(request));
    SKD_TRY(StagingFolder staging, StagingFolder::create(request.out, {.kind = "model export",
                                                                       .replace = request.replace,
                                                                       .option = "--force",
                                                                       .isOurs = isExport}));
    context.emit(StageStarted{context.run, Stage::Export, strCat("opens ", request.model.path)});
    SKD_TRY(const OpenModel model, openToExport(request));
    if (request.target) request.format = formatFor(*request.target, model.decoder);
    SKD_TRY(const ExportOrigin origin, exportOrigin(request, model));
    SKD_CHECK(checkSpace(request, model));
    ExportWork work{request, origin, model, staging.path(), nullptr};
    SKD_TRY(std::optional<Json> record, fillFolder(work, context));
    if (!record || context.cancelled()) return std::optional<Json>();
    SKD_CHECK(staging.commit());
    (*record)["out"] = request.out.string();
    (*record)["commands"] = toJson(serveCommands(*record, request.out.string()));
    return record;
}

}  // namespace skd
