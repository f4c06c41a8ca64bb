#include "store/measurement_codec.h"

#include <cmath>

#include "spec/json_reader.h"
#include "spec/json_writer.h"

namespace skd {
namespace {

constexpr const char* kDefinition =
    "median of the rounds, low and high the quartiles; models take turns within each round; a "
    "speed-up is the first model's time of the same round over this "
    "model's; bound_share: weight bytes read per step / TPOT / read bandwidth";

bool isUnknown(const Json& json) {
    return json.is_null() || (json.is_number_float() && !std::isfinite(valueOr(json, 0.0)));
}

/// Without the figures that were not measured: fields that are absent stay NaN.
Json withoutUnknown(const Json& json) {
    if (json.is_array()) {
        Json list = Json::array();
        for (const Json& element : json) list.push_back(withoutUnknown(element));
        return list;
    }
    if (!json.is_object()) return json;
    Json object = Json::object();
    for (const auto& [key, value] : json.items())
        if (!isUnknown(value)) object[key] = withoutUnknown(value);
    return object;
}

}  // namespace

Json benchmarkJson(const BenchmarkReport& report) {
    Json json = specToJson(report);
    json["definition"] = kDefinition;
    return json;
}

Result<BenchmarkReport> readBenchmark(const Json& json) {
    Json known = withoutUnknown(json);
    if (known.is_object()) known.erase("definition");
    BenchmarkReport report;
    SKD_CHECK(readSpec(known, "benchmark", report));
    return report;
}

Json profileJson(const ProfileReport& report, ProfileDetail detail) {
    if (detail == ProfileDetail::Timeline) return specToJson(report);
    ProfileReport summary = report;
    for (ModelProfile& model : summary.models) model.timeline.clear();
    return specToJson(summary);
}

Result<ProfileReport> readProfile(const Json& json) {
    ProfileReport report;
    SKD_CHECK(readSpec(json, "profile", report));
    return report;
}

}  // namespace skd
