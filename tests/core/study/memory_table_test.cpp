#include "study/memory_table.h"

#include <gtest/gtest.h>

#include <numeric>

#include "support/temporary_folder.h"

namespace skd::test {
namespace {

RunSpec memorySpec() {
    RunSpec spec;
    spec.model.path = (std::filesystem::path(SKD_FIXTURES) / "models" / "workbench").string();
    spec.prune.method = PruneMethod::None;
    return spec;
}

MemoryTable tableOf(const RunSpec& spec) {
    const TemporaryFolder folder;
    const auto table = memoryTable(spec, RunPaths{folder / "w.files"});
    EXPECT_TRUE(table) << table.error().message;
    return table ? *table : MemoryTable();
}

}  // namespace

/// Of P parameters: weights 2 P, masters 4 P, moments 8 P; gradients 2 P, up to 4 P more while they
/// are widened, and the f32 sums of embedding and head.
TEST(MemoryTable, PartsFollowFromTheParameters) {
    const MemoryTable table = tableOf(memorySpec());
    const std::int64_t parameters = table.memory.parameters;
    ASSERT_GT(parameters, 10'000);
    EXPECT_EQ(table.memory.weights, 2 * parameters);
    EXPECT_EQ(table.memory.training.masters, 4 * parameters);
    EXPECT_EQ(table.memory.training.moments, 8 * parameters);
    EXPECT_GE(table.memory.training.gradients, 2 * parameters);
    EXPECT_LE(table.memory.training.gradients, 10 * parameters);
    EXPECT_EQ(table.memory.training.teacher, 0);
    std::int64_t sum = 0;
    for (const auto& [name, bytes] : memoryParts(table.memory)) sum += bytes;
    EXPECT_EQ(sum, table.memory.total());
    EXPECT_EQ(table.toJson()["bytes"], sum);
    for (const CardFit& card : table.cards) {
        EXPECT_TRUE(card.fits);
        EXPECT_TRUE(card.changes.empty());
        EXPECT_EQ(card.bytes, sum);
    }
}

/// A batch whose activations fill any card: what helps is said in the words of --set, and is
/// enough.
TEST(MemoryTable, ChangesThatAreNamedMakeItFit) {
    RunSpec spec = memorySpec();
    spec.distill.batch = 60'000;
    spec.corpus.sequenceLength = 4096;
    const MemoryTable table = tableOf(spec);
    for (const CardFit& card : table.cards) {
        ASSERT_TRUE(card.fits) << card.gibibytes;
        ASSERT_FALSE(card.changes.empty()) << card.gibibytes;
        EXPECT_EQ(card.changes.front(), "distill.checkpoint_activations=true");
        EXPECT_LE(card.bytes, (std::int64_t{card.gibibytes} << 30) - kCardReserve);
        Json json = toJson(spec);
        for (const std::string& change : card.changes)
            ASSERT_TRUE(applyOverride(json, change)) << change;
        const auto changed = parseRunSpec(json);
        ASSERT_TRUE(changed) << changed.error().message;
        EXPECT_EQ(tableOf(*changed).memory.total(), card.bytes);
    }
    EXPECT_LE(table.cards.back().changes.size(), table.cards.front().changes.size());
}

TEST(MemoryTable, AnOnlineTeacherIsAPart) {
    RunSpec spec = memorySpec();
    spec.distill.loss = KdLoss::Online;
    const MemoryTable table = tableOf(spec);
    EXPECT_EQ(table.memory.training.teacher, 2 * table.memory.parameters);
    EXPECT_EQ(table.toJson()["parts"]["teacher"], 2 * table.memory.parameters);
}

TEST(MemoryTable, AMissingModelIsAnError) {
    RunSpec spec = memorySpec();
    spec.model.path = "no such model";
    EXPECT_FALSE(memoryTable(spec, RunPaths{"w.files"}));
}

}  // namespace skd::test
