#include "spec/run_spec.h"

#include "base/files.h"
#include "base/text.h"
#include "spec/field_describer.h"
#include "spec/json_reader.h"
#include "spec/json_writer.h"

namespace skd {
namespace {

/// 0.15 -> "15 %", 0.125 -> "12.5 %".
std::string percentText(double fraction) {
    return strCat(fraction * 100, " %");
}

/// What fixes the ranks, as it stands in a run's name.
std::string rankText(const PruneSpec& prune) {
    switch (prune.ranks) {
        case RankRule::Budget:
            return percentText(prune.target);
        case RankRule::Uniform:
            return "uniform " + percentText(prune.target);
        case RankRule::Energy:
            return "energy " + percentText(prune.energy);
        case RankRule::Explicit:
            return "explicit ranks";
    }
    return "";
}

}  // namespace

Result<RunSpec> parseRunSpec(const Json& json) {
    RunSpec spec;
    SKD_CHECK(readSpec(json, "", spec));
    return spec;
}

Result<RunSpec> readRunSpec(const std::string& path) {
    static constexpr std::uint64_t kLimit = 64u << 20;
    SKD_TRY(const std::string text, readFile(path, kLimit));
    const auto json = parseJson(text);
    if (!json) return fail(json.error().in(path));
    auto spec = parseRunSpec(*json);
    if (!spec) return fail(spec.error().in(path));
    return spec;
}

Json toJson(const RunSpec& spec) {
    return specToJson(spec);
}

std::string methodName(const PruneSpec& prune) {
    if (prune.method == PruneMethod::None) return "dense";
    return strCat(enumName(prune.method), "-", enumName(prune.truncation));
}

std::string displayName(const RunSpec& spec) {
    if (!spec.name.empty()) return spec.name;
    const bool pruned = spec.prune.method != PruneMethod::None;
    return strCat(methodName(spec.prune), pruned ? " " + rankText(spec.prune) : "", " · seed ",
                  spec.seed);
}

std::vector<FieldDescription> describeRunSpec() {
    const RunSpec defaults;
    FieldDescriber describer;
    RunSpec::visitFields(defaults, describer);
    return describer.take();
}

}  // namespace skd
