#pragma once

#include "base/json.h"
#include "results/profile_report.h"

namespace skd {

enum class ProfileDetail { Summary, Timeline };
/// A profile as JSON; its timelines only on request, since they are most of it.
Json profileJson(const ProfileReport& report, ProfileDetail detail);
/// What profileJson wrote; InvalidInput, naming the field, for anything else.
Result<ProfileReport> readProfile(const Json& json);

}  // namespace skd
