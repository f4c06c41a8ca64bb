#include "cli/step_profile.h"

#include <iostream>

#include "base/table.h"
#include "cli/engine_call.h"

namespace skd::cli {
namespace {

std::string stepTable(const bench::StepProfile& profile) {
    TextTable table{.header = {"part", "ms", "share", "calls", "GFLOP", "GFLOP/s"},
                    .figures = true};
    for (const bench::StepPart& part : profile.parts)
        table.rows.push_back(
            {part.name, formatFixed(part.seconds.median * 1000, 1),
             strCat(formatFixed(part.share * 100, 1), " %"), formatNumber(part.calls, 5),
             part.flops > 0 ? formatFixed(part.flops / 1e9, 2) : "",
             part.flops > 0 ? formatFixed(part.flops / part.seconds.median / 1e9, 0) : ""});
    return toConsole(table, "  ");
}

}  // namespace

Result<int> showStepProfile(const bench::StepProfileRequest& request, bool json) {
    const EngineCall call;
    SKD_TRY(const bench::StepProfile profile, bench::profileStep(request, call.context));
    if (json)
        print(profile.toJson(), true);
    else
        std::cout << profile.model << ", " << profile.dtype << ", " << profile.samples << " x "
                  << profile.length << " tokens, k = " << profile.topK << ": "
                  << formatFixed(profile.wall.median * 1000, 1) << " ms a step, "
                  << formatNumber(profile.boundShare * 100, 3) << " % of the bound at "
                  << formatNumber(profile.gemmFlops / 1e9, 4) << " GFLOP/s; " << profile.rounds
                  << " rounds, medians of self time; " << profile.method << "\n"
                  << stepTable(profile);
    return profile.cancelled ? kCancelled : kDone;
}

}  // namespace skd::cli
