#include "library/elastic_slice.h"

#include <algorithm>

#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

/// Another way to name slices is another version, and makes the caches again.
constexpr int kSliceVersion = 1;
constexpr std::uint64_t kLargestRanksFile = 16 << 20;

Error notElastic(const RunReference& reference) {
    const std::string run = strCat("run ", reference.run.value());
    return {ErrorCode::InvalidInput,
            strCat(run,
                   " is not elastic: it has trained one size, and what a smaller one would be "
                   "worth is not on record; write run:",
                   reference.run.value(),
                   " for its model, cut that once more in a run of its own (--set model.path=run:",
                   reference.run.value(),
                   " --set prune.target=...), or train all sizes at once (sparsekd run SPEC "
                   "--elastic 15..65)")};
}

Status checkWithin(const NestedPath& path, const RunReference& reference) {
    const double removed = reference.removed.value_or(path.largest());
    if (isSizeBetween(removed, path.largest(), path.smallest())) return {};
    return fail(ErrorCode::InvalidInput,
                strCat("run ", reference.run.value(), " has no size with ", removedPercent(removed),
                       " % removed; it has trained ", removedPercent(path.largest()), " to ",
                       removedPercent(path.smallest()), " %: give one of these, as in run:",
                       reference.run.value(), "@", removedPercent(path.smallest()), "%"));
}

/// The longest prefix for the size of a reference.
std::size_t prefixOf(const NestedPath& path, const RunReference& reference) {
    return reference.removed ? path.prefixAt(*reference.removed) : path.steps();
}

Result<MatrixRanks> readRanks(const fs::path& file) {
    SKD_TRY(const std::string text, readFile(file, kLargestRanksFile));
    auto json = parseJson(text);
    if (!json) return fail(Error{ErrorCode::InvalidInput, json.error().message}.in(file.string()));
    if (!json->is_object() || json->empty())
        return fail(ErrorCode::InvalidInput,
                    strCat(file.string(),
                           ": ranks are a JSON object by name of matrix, e.g. "
                           "{\"model.layers.0.mlp.down_proj\": 128}"));
    MatrixRanks ranks;
    for (const auto& [name, value] : json->items()) {
        const auto rank = valueAs<std::int64_t>(value);
        if (!rank || *rank < 1)
            return fail(
                ErrorCode::InvalidInput,
                strCat(file.string(), ": the rank of ", escapeLine(name), " is ",
                       escapeLine(dumpJson(value)), ", but must be a whole number of 1 or more"));
        ranks[name] = *rank;
    }
    return ranks;
}

/// Whole matrices by their full rank, as a file of ranks has them; without those that have another
/// form at every size.
MatrixRanks byName(const NestedPath& path, const std::vector<std::int64_t>& ranks) {
    MatrixRanks named;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
        const PathMatrix& matrix = path.matrices()[i];
        if (ranks[i] > 0)
            named[matrix.name] = ranks[i];
        else if (matrix.currentRank == 0)
            named[matrix.name] = std::min(matrix.rows, matrix.columns);
    }
    return named;
}

/// What ranks by name remove, by the path's pricing; a matrix without one is as it is.
double removedBy(const NestedPath& path, const MatrixRanks& named) {
    std::vector<std::int64_t> ranks;
    for (const PathMatrix& matrix : path.matrices()) {
        const auto found = named.find(matrix.name);
        const std::int64_t rank = found == named.end() ? 0 : found->second;
        ranks.push_back(rank == std::min(matrix.rows, matrix.columns) ? 0 : rank);
    }
    return path.removedAt(path.costOf(ranks));
}

Result<SliceRecord> chooseSlice(const NestedPath& path, const RunReference& reference,
                                const SliceChoice& choice) {
    SKD_CHECK(checkWithin(path, reference));
    SliceRecord slice{.largest = path.largest(),
                      .smallest = path.smallest(),
                      .asked = reference.removed,
                      .byRanks = !choice.ranks.empty(),
                      .pathSha256 = path.sha256(),
                      .form = choice.form.value_or(sliceFormOf(path))};
    if (slice.byRanks && reference.removed)
        return fail(ErrorCode::InvalidInput, strCat(reference.text(), " has a size already; give ",
                                                    choice.ranks.string(), " or a size, not both"));
    if (slice.byRanks) {
        SKD_TRY(slice.ranks, readRanks(choice.ranks));
        slice.removed = removedBy(path, slice.ranks);
        return slice;
    }
    const std::size_t prefix = prefixOf(path, reference);
    slice.ranks = byName(path, path.ranksAt(prefix));
    slice.removed = path.removedAt(path.cost(prefix));
    return slice;
}

/// Which model a slice is, however its numbers were rounded.
std::string sliceSha256(const DecoderFile& elastic, const MatrixRanks& ranks,
                        const SliceRecord& slice, at::ScalarType held) {
    std::string text = strCat("slice ", kSliceVersion, " of ", elastic.model.weightsSha256, " as ",
                              enumName(slice.form), " in ", at::toString(held), "\n");
    for (const auto& [name, rank] : ranks) text += strCat(name, " rank ", rank, "\n");
    return sha256Hex(text);
}

void tell(const RunReference& reference, const SliceRecord& slice) {
    if (!slice.asked && !slice.byRanks)
        log::warning(strCat(reference.text(), " is elastic: its largest size is taken, ",
                            removedPercent(slice.largest), " % removed; write ", reference.text(),
                            "@", removedPercent(slice.smallest),
                            "% for the smallest, or any size between"));
    for (const std::string& note : slice.notes) log::warning(note);
}

/// Of the path's matrices as an elastic model stores them.
std::int64_t storedParameters(const NestedPath& path) {
    const std::vector<std::int64_t> components = path.components();
    std::int64_t stored = 0;
    for (std::size_t i = 0; i < components.size(); ++i) {
        const PathMatrix& matrix = path.matrices()[i];
        stored +=
            components[i] > 0 ? components[i] * (matrix.rows + matrix.columns) : matrix.cost(0);
    }
    return stored;
}

}  // namespace

SliceForm sliceFormOf(const NestedPath& path) {
    const bool plain = std::ranges::all_of(path.matrices(), [](const PathMatrix& matrix) {
        return matrix.form == MatrixForm::Factored;
    });
    return plain ? SliceForm::Factored : SliceForm::IdentityBlock;
}

Result<NestedPath> pathOf(const Json& record) {
    const Json& path = memberOf(record, "path");
    if (!path.is_object())
        return fail(ErrorCode::Corrupt,
                    "the elastic model has no path of sizes beside its factors; its file was not "
                    "written by a run");
    return NestedPath::fromJson(path);
}

namespace {

Result<std::optional<NestedPath>> pathIfElastic(const RunPaths& paths,
                                                const RunReference& reference) {
    SKD_TRY(const fs::path file, describingFile(paths, reference));
    SKD_TRY(const Json record, readElasticRecord(file));
    if (record.is_null()) return std::optional<NestedPath>();
    SKD_TRY(NestedPath path, located(pathOf(record), file.string()));
    return std::optional(std::move(path));
}

}  // namespace

Json SliceRecord::toJson() const {
    Json json{{"largest", largest},
              {"smallest", smallest},
              {"asked", asked ? Json(*asked) : Json()},
              {"removed", removed},
              {"on_path", !byRanks},
              {"path_sha256", pathSha256},
              {"form", enumName(form)},
              {"ranks", Json::object()}};
    for (const auto& [name, rank] : ranks) json["ranks"][name] = rank;
    if (form == SliceForm::IdentityBlock) {
        json["largest_entry"] = largestEntry;
        json["largest_condition"] = largestCondition;
    }
    if (!notes.empty()) json["notes"] = notes;
    return json;
}

Result<NestedPath> readPath(const RunPaths& paths, const RunReference& reference) {
    SKD_TRY(std::optional<NestedPath> path, pathIfElastic(paths, reference));
    if (!path) return fail(notElastic(reference));
    return *std::move(path);
}

Status checkSize(const RunPaths& paths, const RunReference& reference) {
    if (!reference.removed) return {};
    SKD_TRY(const NestedPath path, readPath(paths, reference));
    return checkWithin(path, reference);
}

namespace {

/// A run that has trained one size.
Result<OneSize> openOnly(const RunPaths& paths, const RunReference& reference,
                         const LoadOptions& options, const SliceChoice& choice) {
    if (reference.removed || !choice.isNone()) return fail(notElastic(reference));
    SKD_TRY(DecoderFile file, openRunModel(paths, reference, options));
    if (isElastic(file.model.decoder))
        return fail(
            ErrorCode::Corrupt,
            strCat(reference.text(), " is elastic, but its file does not say which sizes it has"));
    return OneSize{std::move(file), {}};
}

/// Slices `file`, an elastic model on the CPU, into the model that `slice` describes, and notes
/// there what came of it.
Status makeSlice(DecoderFile& file, SliceRecord& slice, const LoadOptions& options) {
    const at::ScalarType held = options.dtype.value_or(file.model.decoder.dtype());
    Decoder elastic = file.model.decoder.to(at::kCPU, at::kFloat);
    SKD_CHECK(setRanks(elastic, slice.ranks));
    SKD_TRY(Slice made, sliced(elastic, slice.ranks, slice.form));
    slice.largestEntry = made.largestEntry;
    slice.largestCondition = made.largestCondition;
    slice.notes = std::move(made.notes);
    file.model.weightsSha256 = sliceSha256(file, ranksInUse(elastic), slice, held);
    file.model.decoder = made.model.to(options.device, held);
    if (file.about.is_object()) file.about["slice"] = slice.toJson();
    file.elastic = Json();
    return {};
}

}  // namespace

Result<OneSize> openOneSize(const RunPaths& paths, const RunReference& reference,
                            const LoadOptions& options, const SliceChoice& choice) {
    SKD_TRY(const std::optional<NestedPath> path, pathIfElastic(paths, reference));
    if (!path) return openOnly(paths, reference, options, choice);
    SKD_TRY(SliceRecord slice, chooseSlice(*path, reference, choice));
    LoadOptions exact = options;
    exact.device = at::kCPU;
    if (options.dtype) exact.dtype = at::kFloat;
    SKD_TRY(DecoderFile file, openRunModel(paths, reference, exact));
    const std::string where = slice.byRanks ? choice.ranks.string() : reference.text();
    SKD_CHECK(located(makeSlice(file, slice, options), where));
    tell(reference, slice);
    return OneSize{std::move(file), std::move(slice)};
}

Result<DecoderFile> openAllSizes(const RunPaths& paths, const RunReference& reference,
                                 const LoadOptions& options) {
    if (reference.removed)
        return fail(ErrorCode::InvalidInput,
                    strCat(reference.text(), " is one size; name the run alone, as in run:",
                           reference.run.value(), ", for all of them"));
    SKD_CHECK(readPath(paths, reference));
    return openRunModel(paths, reference, options);
}

Result<ModelHeader> runModelHeader(const RunPaths& paths, const RunReference& reference) {
    SKD_TRY(const fs::path file, describingFile(paths, reference));
    SKD_TRY(ModelHeader header, readModelHeader(file));
    SKD_TRY(const std::optional<NestedPath> path, pathIfElastic(paths, reference));
    if (!path && reference.removed) return fail(notElastic(reference));
    if (!path) return header;
    SKD_CHECK(checkWithin(*path, reference));
    const std::int64_t whole = header.parameters;
    header.parameters += path->cost(prefixOf(*path, reference)) - storedParameters(*path);
    if (whole > 0)
        header.bytes = static_cast<std::int64_t>(static_cast<double>(header.bytes) *
                                                 static_cast<double>(header.parameters) /
                                                 static_cast<double>(whole));
    return header;
}

}  // namespace skd
