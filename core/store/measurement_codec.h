#pragma once

#include "base/json.h"
#include "results/benchmark_report.h"
#include "results/profile_report.h"

namespace skd {

/// A benchmark as JSON, with what its figures mean in words ("definition"). What was not measured
/// is null.
Json benchmarkJson(const BenchmarkReport& report);
/// What benchmarkJson wrote, from memory or from a file; InvalidInput, naming the field, for
/// anything else.
Result<BenchmarkReport> readBenchmark(const Json& json);

enum class ProfileDetail { Summary, Timeline };
/// A profile as JSON; its timelines only on request, since they are most of it.
Json profileJson(const ProfileReport& report, ProfileDetail detail);
/// What profileJson wrote; InvalidInput, naming the field, for anything else.
Result<ProfileReport> readProfile(const Json& json);

}  // namespace skd
