#include "store/profile_codec.h"

#include "spec/json_reader.h"
#include "spec/json_writer.h"

namespace skd {

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
