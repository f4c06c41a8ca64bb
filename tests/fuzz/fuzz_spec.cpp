// A run's spec as JSON, then, after the parts line, an assignment of `--set`.
#include "fuzz/fuzz_target.h"
#include "spec/run_spec.h"

namespace skd::fuzz {

void tryInput(std::string_view input) {
    const auto parts = partsOf(input, 2);
    auto json = parseJson(parts[0]);
    if (!json) return;
    if (!parts[1].empty()) static_cast<void>(applyOverride(*json, std::string(parts[1])));
    static_cast<void>(completedRunSpec(*json));
    const auto spec = parseRunSpec(*json);
    if (!spec) return;
    const auto again = parseRunSpec(toJson(*spec));
    require(again.has_value(), "a spec that was read cannot be read back");
    require(*again == *spec, "a spec is another one once it was written and read");
    static_cast<void>(checkApplicable(*spec));
    if (!validate(*spec)) return;
    const RunSpec controlled = withControl(*spec);
    static_cast<void>(roundsOf(controlled));
    static_cast<void>(samplesOf(controlled));
    static_cast<void>(tokensOf(controlled));
    static_cast<void>(displayName(controlled));
}

}  // namespace skd::fuzz
