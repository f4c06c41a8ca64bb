#include "library/model_identity.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "core/model/tiny_model.h"
#include "library/model_source.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

TEST(ModelIdentityTest, EveryPartOfItIsInTheKey) {
    const ModelIdentity model{"w", "c", "t"};
    const std::set<std::string> keys{model.key(), ModelIdentity{"W", "c", "t"}.key(),
                                     ModelIdentity{"w", "C", "t"}.key(),
                                     ModelIdentity{"w", "c", "T"}.key()};
    EXPECT_EQ(keys.size(), 4u);
    EXPECT_EQ((ModelIdentity{"w", "", "t"}.key()), "w") << "as in version 0.1";
}

TEST(ModelIdentityTest, WhatChangesTheMathematicsChangesTheConfigsHash) {
    const auto read = readModelConfig(modelFixture("workbench"));
    ASSERT_TRUE(read) << read.error().message;
    const std::vector<std::function<void(ModelConfig&)>> changes{
        [](ModelConfig& c) { c.normEpsilon = 1.0000000001e-6; },
        [](ModelConfig& c) { c.rope.theta = 10001; },
        [](ModelConfig& c) { c.rope.type = RopeType::Linear; },
        [](ModelConfig& c) { c.rope.factor = 2; },
        [](ModelConfig& c) { c.queryScalar = 7; },
        [](ModelConfig& c) { c.maxPositions = 64; },
        [](ModelConfig& c) { c.layers[1].slidingWindow = 8; },
        [](ModelConfig& c) { c.slidingRope = c.rope; }};
    std::set<std::string> hashes{configSha256(*read)};
    for (const auto& change : changes) {
        ModelConfig config = *read;
        change(config);
        EXPECT_TRUE(hashes.insert(configSha256(config)).second);
    }
}

/// Each file of a model's folder has its part; a file that is only laid out otherwise has none.
TEST(ModelIdentityTest, OfAFolderIsOfItsThreeFiles) {
    const TemporaryFolder folder;
    std::filesystem::copy(modelFixture("workbench"), folder / "model");
    const auto identity = [&] {
        const auto model = openModel({.path = (folder / "model").string()});
        EXPECT_TRUE(model) << model.error().message;
        return model ? model->identity : ModelIdentity();
    };
    const ModelIdentity first = identity();
    EXPECT_EQ(first, identity());
    std::string config = readBytes(folder / "model/config.json");
    folder.write("model/config.json", config + "\n\n");
    EXPECT_EQ(first, identity()) << "it means the same";
    const std::string epsilon = "\"rms_norm_eps\": 1e-06";
    ASSERT_NE(config.find(epsilon), std::string::npos);
    config.replace(config.find(epsilon), epsilon.size(), "\"rms_norm_eps\": 2e-06");
    folder.write("model/config.json", config);
    const ModelIdentity second = identity();
    EXPECT_EQ(second.weights, first.weights);
    EXPECT_EQ(second.tokenizer, first.tokenizer);
    EXPECT_NE(second.config, first.config);
    folder.write("model/tokenizer.json", readBytes(folder / "model/tokenizer.json") + "\n");
    EXPECT_NE(identity().tokenizer, first.tokenizer);
}

}  // namespace
}  // namespace skd::test
