#include "spec/study_spec.h"

#include <algorithm>
#include <set>

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "spec/field_describer.h"
#include "spec/json_reader.h"
#include "spec/json_writer.h"
#include "spec/spec_identity.h"

namespace skd {
namespace {

Status refuseStudy(std::string message) {
    return fail(ErrorCode::InvalidInput, std::move(message));
}

/// Checks that every key of `fields` is a run field that takes its value.
Status checkRunFields(const Json& fields, const std::string& path) {
    Json spec = Json::object();
    for (const auto& [field, value] : fields.items())
        if (const Status set = setRunField(spec, field, value); !set)
            return fail(set.error().in(path));
    if (const auto parsed = parseRunSpec(spec); !parsed) return fail(parsed.error().in(path));
    return {};
}

Status checkVariants(const StudySpec& spec) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < spec.variants.size(); ++i) {
        const StudyVariant& variant = spec.variants[i];
        const std::string path = strCat("variants.", i);
        if (variant.name.empty())
            return refuseStudy(strCat("\"", path, ".name\" is empty; give the variant a name"));
        if (!names.insert(variant.name).second)
            return refuseStudy(
                strCat("two variants are called \"", variant.name, "\"; rename one"));
        SKD_CHECK(checkRunFields(variant.overrides, path + ".overrides"));
    }
    if (spec.variants.empty())
        return refuseStudy("\"variants\" is empty; give at least one variant");
    return {};
}

Status checkGrid(const StudySpec& spec) {
    for (const auto& [field, values] : spec.grid) {
        if (!values.is_array() || values.empty())
            return refuseStudy(strCat("\"grid.", field, "\" must be a list of at least one value"));
        for (const Json& value : values) {
            Json one = Json::object();
            one.get_ref<Json::object_t&>().emplace_back(field, value);
            SKD_CHECK(checkRunFields(one, "grid"));
        }
    }
    return {};
}

Status checkTable(const StudySpec& spec) {
    std::vector<std::string> names;
    for (const StudyVariant& variant : spec.variants) names.push_back(variant.name);
    for (std::size_t i = 0; i < spec.table.rows.size(); ++i) {
        const StudyTableRow& row = spec.table.rows[i];
        if (row.variant.empty()) continue;
        if (std::find(names.begin(), names.end(), row.variant) == names.end())
            return refuseStudy(strCat("\"table.rows.", i, ".variant\": there is no variant \"",
                                      row.variant, "\"", didYouMean(row.variant, names)));
    }
    if (spec.table.layout == TableLayout::Pruners && !spec.grid.contains(spec.table.pivot))
        return refuseStudy(
            strCat("\"table.pivot\" (\"", spec.table.pivot, "\") must be a field of \"grid\""));
    return {};
}

Status checkStudy(const StudySpec& spec) {
    if (spec.name.empty()) return refuseStudy("\"name\" is empty; give the study a name");
    const std::set<std::int64_t> seeds(spec.seeds.begin(), spec.seeds.end());
    if (spec.seeds.empty()) return refuseStudy("\"seeds\" is empty; give at least one seed");
    if (seeds.size() != spec.seeds.size()) return refuseStudy("\"seeds\" has one seed twice");
    SKD_CHECK(checkRunFields(spec.base, "base"));
    SKD_CHECK(checkVariants(spec));
    SKD_CHECK(checkGrid(spec));
    return checkTable(spec);
}

}  // namespace

Status readValue(const Json& json, const FieldInfo&, const std::string& path, Json& out) {
    if (!json.is_object()) return fail(typeError(path, "an object of run fields", json));
    out = json;
    return {};
}

Status readValue(const Json& json, const FieldInfo& info, const std::string& path,
                 PaperFigures& out) {
    if (!json.is_object()) return fail(typeError(path, "an object of numbers", json));
    PaperFigures read;
    static const std::vector<std::string> names{
        "removed", "dense_ppl", "post_prune_ppl", "post_kd_ppl", "std",     "teacher_ppl",
        "ratio",   "recovery",  "parameters",     "ttft_ms",     "tpot_ms", "prefill",
        "decode",  "memory_gb", "attention_ms",   "gemm_ms",     "total_ms"};
    for (const auto& [name, value] : json.items()) {
        if (std::find(names.begin(), names.end(), name) == names.end())
            return refuseStudy(
                strCat("there is no figure \"", path, ".", name, "\"", didYouMean(name, names)));
        SKD_CHECK(readValue(value, info, strCat(path, ".", name), read[name]));
    }
    out = std::move(read);
    return {};
}

Status readValue(const Json& json, const FieldInfo&, const std::string& path,
                 std::map<std::string, Json>& out) {
    if (!json.is_object()) return fail(typeError(path, "an object of lists", json));
    out = json.get<std::map<std::string, Json>>();
    return {};
}

Result<StudySpec> parseStudySpec(const Json& json) {
    StudySpec spec;
    SKD_CHECK(readSpec(json, "", spec));
    SKD_CHECK(checkStudy(spec));
    return spec;
}

Result<StudySpec> readStudySpec(const std::string& path) {
    SKD_TRY(const Json json, readJsonFile(path, 64u << 20));
    return located(parseStudySpec(json), path);
}

Json toJson(const StudySpec& spec) {
    return specToJson(spec);
}

std::vector<FieldDescription> describeStudySpec() {
    const StudySpec defaults;
    FieldDescriber describer;
    StudySpec::visitFields(defaults, describer);
    return describer.take();
}

std::string studyHash(const StudySpec& spec) {
    StudySpec seedless = spec;
    seedless.seeds.clear();
    return sha256Hex(dumpJson(specIdentity(seedless)));
}

Status setRunField(Json& runSpec, const std::string& path, const Json& value) {
    static const std::vector<FieldDescription> kFields = describeRunSpec();
    const auto field =
        std::find_if(kFields.begin(), kFields.end(), [&](const auto& f) { return f.path == path; });
    const bool text = field != kFields.end() && (field->type == "text" || field->type == "choice");
    if (text && !value.is_string()) return fail(typeError(path, "text", value));
    return applyOverride(runSpec, path + "=" + dumpJson(value));
}

Json valueAt(const Json& object, std::string_view path) {
    const Json* place = &object;
    while (!path.empty()) {
        const std::size_t dot = path.find('.');
        const std::string step(path.substr(0, dot));
        path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
        if (!place->is_object() || !place->contains(step)) return {};
        place = &(*place)[step];
    }
    return *place;
}

}  // namespace skd
