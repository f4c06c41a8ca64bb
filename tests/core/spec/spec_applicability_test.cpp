#include <gtest/gtest.h>

#include "base/files.h"
#include "spec/run_spec.h"

namespace skd {
namespace {

using Settings = std::vector<const char*>;

/// Empty where the spec passes.
std::string refusalOf(const Settings& settings) {
    Json json = Json::object();
    for (const char* setting : settings) EXPECT_TRUE(applyOverride(json, setting)) << setting;
    const auto spec = parseRunSpec(json);
    EXPECT_TRUE(spec) << spec.error().message;
    EXPECT_TRUE(validate(*spec)) << validate(*spec).error().message;
    const Status status = checkApplicable(*spec);
    return status ? "" : status.error().message;
}

TEST(CheckApplicable, NamesTheFieldThatWouldBeIgnored) {
    const std::vector<std::pair<Settings, const char*>> cases{
        {{"prune.method=wanda", "prune.pattern=2:4", "prune.target=0.35"}, "prune.target"},
        {{"prune.method=wanda", "prune.pattern=2:4",
          R"(schedule.rounds=[{"target": 0.15}, {"target": 0.35}])"},
         "schedule.rounds"},
        {{"prune.pattern=2:4"}, "prune.pattern"},
        {{R"(prune.explicit_ranks={"model.layers.0.mlp.up_proj": 8})"}, "prune.explicit_ranks"},
        {{"prune.energy=0.5"}, "prune.energy"},
        {{"prune.search_ppl=50"}, "prune.search_ppl"},
        {{"prune.tier_late=3"}, "prune.tier_late"},
        {{"prune.truncation=whitened", "prune.fisher_clip=4"}, "prune.fisher_clip"},
        {{"prune.asvd_alpha=0.7"}, "prune.asvd_alpha"},
        {{"prune.channel_multiple=8"}, "prune.channel_multiple"},
        {{"prune.scope=matrix"}, "prune.scope"},
        {{"prune.method=wanda", "prune.importance=fisher"}, "prune.importance"},
        {{"prune.method=magnitude", "prune.truncation=plain"}, "prune.truncation"},
        {{"prune.method=shortgpt", "prune.rank_multiple=4"}, "prune.rank_multiple"},
        {{"prune.method=slicegpt", "prune.probe_ranks=2"}, "prune.probe_ranks"},
        {{"prune.method=none", "prune.target=0.4"}, "prune.target"},
        {{"inference.prompt=64"}, "inference.prompt"},
        {{"inference.batches=[1]", "inference.profile_length=64"}, "inference.profile_length"},
        {{"control=dense-kd", "inference.rounds=7"}, "inference.rounds"},
        {{"consistency.tokens=8"}, "consistency.tokens"},
        {{"tasks.limit=8"}, "tasks.limit"},
        {{R"(tasks.files=["piqa=a"])", "tasks.seed=8"}, "tasks.seed"}};
    for (const auto& [settings, field] : cases)
        EXPECT_EQ(refusalOf(settings).find("\"" + std::string(field) + "\""), 0u)
            << field << ": " << refusalOf(settings);
}

TEST(CheckApplicable, PassesWhatCountsAndWhatIsAtItsDefault) {
    const std::vector<Settings> cases{
        {},
        {"prune.method=wanda", "prune.pattern=2:4"},
        {"prune.method=wanda", "prune.target=0.35", "prune.ranks=budget"},
        {"prune.ranks=energy", "prune.energy=0.5", "prune.target=0.4"},
        {"prune.ranks=search", "prune.search_ppl=50"},
        {"prune.ranks=tiers", "prune.tier_late=3"},
        {"prune.weights=tiers", "prune.tier_late=3"},
        {"prune.truncation=fisher", "prune.fisher_clip=4", "prune.fisher_tokens=512"},
        {"prune.truncation=asvd", "prune.asvd_alpha=0.7"},
        {"prune.mlp_arm=either", "prune.channel_multiple=8"},
        {"prune.method=magnitude", "prune.scope=matrix"},
        {"prune.method=llm-pruner", "prune.importance=fisher", "prune.rank_multiple=4"},
        {"prune.method=slicegpt", "prune.rank_multiple=4"},
        {"consistency.answers=8", "consistency.tokens=8", "consistency.temperature=1"},
        {R"(tasks.files=["piqa=a"])", "tasks.examples=2", R"(tasks.example_files=["piqa=b"])"},
        {"inference.batches=[1, 16]", "inference.prompt=64", "inference.rounds=7"},
        {"inference.profile_batch=4", "inference.profile_length=64", "inference.rounds=7"},
        {"control=dense-kd", "prune.pattern=2:4", "prune.energy=0.5"}};
    for (const Settings& settings : cases) EXPECT_EQ(refusalOf(settings), "");
}

/// The recorded demo is a spec that users start.
TEST(CheckApplicable, PassesTheDemo) {
    const auto json = readJsonFile(SKD_SOURCE_DIR "/resources/presets/demo.json");
    ASSERT_TRUE(json) << json.error().message;
    const auto spec = parseRunSpec(*json);
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_TRUE(checkApplicable(*spec));
}

}  // namespace
}  // namespace skd
