#include "results/break_even.h"

#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace skd::test {
namespace {

BreakEvenShape shape() {
    return {96, 48, 4, 10.0, {{8, 3.0}, {16, 6.0}, {24, 9.5}, {32, 12.0}}};
}

TEST(BreakEven, LargestFasterRankEndsAtTheFirstThatIsNot) {
    EXPECT_EQ(shape().largestFasterRank(), 24);
    EXPECT_EQ(shape().parameterBreakEven(), 32);
    BreakEvenShape noisy = shape();
    noisy.factored[0].time = 11;
    EXPECT_EQ(noisy.largestFasterRank(), 0);
    noisy = shape();
    noisy.factored[3].time = 9.9;
    EXPECT_EQ(noisy.largestFasterRank(), 32);
}

TEST(BreakEven, CostsPassThroughTheMeasuredRanks) {
    const std::vector<std::int64_t> costs = shape().costs(48);
    ASSERT_EQ(costs.size(), 49u);
    EXPECT_EQ(costs[0], 10000);
    EXPECT_EQ(costs[8], 3000);
    EXPECT_EQ(costs[12], 4500);
    EXPECT_EQ(costs[24], 9500);
    EXPECT_EQ(costs[4], 1500);
    EXPECT_EQ(costs[48], 17000) << "beyond the last rank its slope goes on";
    for (std::size_t rank = 2; rank < costs.size(); ++rank) EXPECT_LT(costs[rank - 1], costs[rank]);
}

TEST(BreakEven, NoiseDoesNotMakeAHigherRankCheaper) {
    BreakEvenShape noisy = shape();
    noisy.factored[1].time = 2;
    noisy.factored[0].time = 2.5;
    const std::vector<std::int64_t> costs = noisy.costs(48);
    EXPECT_GE(costs[1], 1);
    for (std::size_t rank = 2; rank < costs.size(); ++rank)
        EXPECT_LT(costs[rank - 1], costs[rank]) << rank;
}

TEST(BreakEven, TableIsKeptPerMachine) {
    const TemporaryFolder folder;
    BreakEvenTable table{"a processor", "bf16", 2, {}};
    EXPECT_TRUE(readBreakEven(folder.path() / "timings", table)->shapes.empty());
    table.put(shape());
    BreakEvenShape faster = shape();
    faster.dense = 9;
    table.put(faster);
    table.put({48, 96, 1, 5, {{8, 1}}});
    ASSERT_EQ(table.shapes.size(), 2u) << "a new measurement takes the place of the old one";
    ASSERT_TRUE(writeBreakEven(folder.path() / "timings", table));
    const auto read = readBreakEven(folder.path() / "timings", {"a processor", "bf16", 2, {}});
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->sha256(), table.sha256());
    EXPECT_EQ(read->find(96, 48, 4)->dense, 9);
    EXPECT_EQ(read->find(96, 48, 4)->factored, shape().factored);
    EXPECT_EQ(read->find(96, 48, 1), nullptr);
    for (const BreakEvenTable& other : {BreakEvenTable{"another", "bf16", 2, {}},
                                        {"a processor", "f32", 2, {}},
                                        {"a processor", "bf16", 1, {}}})
        EXPECT_TRUE(readBreakEven(folder.path() / "timings", other)->shapes.empty());
}

TEST(BreakEven, ADamagedTableIsMeasuredAgainAndAnEarlierOneRead) {
    const TemporaryFolder folder;
    BreakEvenTable table{"a processor", "bf16", 2, {}};
    const BreakEvenTable empty = table;
    table.put(shape());
    ASSERT_TRUE(writeBreakEven(folder.path(), table));
    const auto file = std::filesystem::directory_iterator(folder.path())->path();
    const std::string sound = test::readBytes(file);
    for (std::size_t at = 0; at < sound.size(); at += 3) {
        std::string flipped = sound;
        flipped[at] = static_cast<char>(flipped[at] ^ 1);
        for (const std::string& bytes : {flipped, sound.substr(0, at)}) {
            folder.write(file.filename().string(), bytes);
            EXPECT_FALSE(readBreakEvenFile(file)) << bytes;
            const auto read = readBreakEven(folder.path(), empty);
            ASSERT_TRUE(read) << read.error().message;
            EXPECT_TRUE(read->shapes.empty()) << bytes;
        }
    }
    folder.write(file.filename().string(), dumpJson(table.toJson(), 1) + "\n");
    EXPECT_EQ(readBreakEven(folder.path(), empty)->sha256(), table.sha256());
}

TEST(BreakEven, FormsAreApart) {
    BreakEvenTable table{"a processor", "bf16", 2, {}};
    table.put(shape());
    const std::string before = table.sha256();
    EXPECT_FALSE(table.toJson().contains("identity_block_shapes"));
    BreakEvenShape block = shape();
    block.form = MatrixForm::IdentityBlock;
    block.dense = 11;
    EXPECT_EQ(block.parameterBreakEven(), 48);
    table.put(block);
    ASSERT_EQ(table.shapes.size(), 2u);
    const auto read = BreakEvenTable::fromJson(table.toJson());
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->sha256(), table.sha256());
    EXPECT_EQ(read->find(96, 48, 4)->dense, 10);
    EXPECT_EQ(read->find(96, 48, 4, MatrixForm::IdentityBlock)->dense, 11);
    // What a program that knows no other form reads.
    Json older = table.toJson();
    older.erase("identity_block_shapes");
    EXPECT_EQ(BreakEvenTable::fromJson(older)->sha256(), before);
    Json damaged = table.toJson();
    damaged["identity_block_shapes"][0]["dense_us"] = -1;
    EXPECT_EQ(BreakEvenTable::fromJson(damaged).error().code, ErrorCode::Corrupt);
}

TEST(BreakEven, DamagedTablesAreRefused) {
    BreakEvenTable table{"a processor", "bf16", 2, {}};
    table.put(shape());
    const auto refuses = [&](const char* pointer, const Json& value) {
        Json json = table.toJson();
        json[Json::json_pointer(pointer)] = value;
        const auto read = BreakEvenTable::fromJson(json);
        return !read && read.error().code == ErrorCode::Corrupt;
    };
    EXPECT_TRUE(BreakEvenTable::fromJson(table.toJson()));
    EXPECT_TRUE(refuses("/format", "x"));
    EXPECT_TRUE(refuses("/threads", "two"));
    EXPECT_TRUE(refuses("/shapes/0/dense_us", -1));
    EXPECT_TRUE(refuses("/shapes/0/rows", 0));
    EXPECT_TRUE(refuses("/shapes/0/factored_us", Json::array()));
    EXPECT_TRUE(refuses("/shapes/0/factored_us/1/0", 8));
    EXPECT_TRUE(refuses("/shapes/0/factored_us/0/1", nullptr));
}

}  // namespace
}  // namespace skd::test
