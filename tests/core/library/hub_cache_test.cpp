#include "library/hub_cache.h"

#include <gtest/gtest.h>

#include "base/log.h"
#include "formats/gguf_file.h"
#include "formats/gguf_writer.h"
#include "library/gguf_vocabulary.h"
#include "library/inventory.h"
#include "library/model_source.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

/// A folder of the Hugging Face cache that holds two snapshots of a fixture.
class HubFolderTest : public testing::Test {
protected:
    const TemporaryFolder folder;
    const fs::path hub = folder / "models--someorg--tiny-llama";

    void SetUp() override {
        for (const char* revision : {"aaaa", "bbbb"}) {
            fs::create_directories(hub / "snapshots" / revision);
            fs::copy(fs::path(SKD_FIXTURES) / "models/workbench", hub / "snapshots" / revision);
        }
        folder.write("models--someorg--tiny-llama/refs/main", "bbbb\n");
    }
};

TEST_F(HubFolderTest, TheFolderStandsForItsMainSnapshot) {
    const auto path = resolveModelPath(hub.string());
    ASSERT_TRUE(path) << path.error().message;
    EXPECT_EQ(*path, hub / "snapshots" / "bbbb");
    for (const fs::path& given : {hub, hub / "snapshots/aaaa"}) {
        ModelRef ref;
        ref.path = given.string();
        ref.dtype = DTypeChoice::F32;
        const auto model = openModel(ref);
        ASSERT_TRUE(model) << model.error().message;
        EXPECT_EQ(model->summary.name, "tiny-llama");
        const ModelEntry entry = describeModel(given.string(), RunPaths{folder / "w.files"});
        EXPECT_EQ(entry.problem, "");
        EXPECT_EQ(entry.name, "tiny-llama");
    }
}

TEST_F(HubFolderTest, WithoutRefsTheOnlySnapshotCounts) {
    for (const char* revision : {"cccc", "../../..", ""}) {
        folder.write("models--someorg--tiny-llama/refs/main", revision);
        const auto path = resolveModelPath(hub.string());
        ASSERT_FALSE(path) << *path;
        EXPECT_NE(path.error().message.find("none of its 2 snapshots"), std::string::npos)
            << path.error().message;
    }
    fs::remove_all(hub / "snapshots/bbbb");
    EXPECT_EQ(*resolveModelPath(hub.string()), hub / "snapshots" / "aaaa");
}

class GgufIdsTest : public testing::Test {
protected:
    const TemporaryFolder folder;

    Result<VocabularyParts> read(const std::string& key, GgufFieldValue id) {
        const fs::path path = folder / "v.gguf";
        const std::vector<GgufField> fields{
            {"tokenizer.ggml.model", std::string("gpt2")},
            {"tokenizer.ggml.tokens", std::vector<std::string>{"a", "b", "c"}},
            {"tokenizer.ggml." + key, std::move(id)}};
        EXPECT_TRUE(writeGguf(path, fields, {}));
        const auto file = GgufFile::open(path);
        return file ? vocabularyOf(*file) : Result<VocabularyParts>(fail(file.error()));
    }
};

TEST_F(GgufIdsTest, BosAndEosMustBeTokens) {
    EXPECT_EQ(read("bos_token_id", std::uint32_t{2})->bos, TokenId{2});
    for (const char* key : {"bos_token_id", "eos_token_id"})
        for (const GgufFieldValue& id :
             {GgufFieldValue(std::uint32_t{3}), GgufFieldValue(std::uint32_t{0xFFFFFFFF}),
              GgufFieldValue(std::int32_t{-1})}) {
            const auto parts = read(key, id);
            ASSERT_FALSE(parts) << key;
            EXPECT_NE(parts.error().message.find(key), std::string::npos) << parts.error().message;
            EXPECT_NE(parts.error().message.find("3 tokens"), std::string::npos);
        }
    EXPECT_FALSE(read("eos_token_id", std::string("2")));
}

/// llama.cpp takes none and warns.
TEST_F(GgufIdsTest, APaddingTokenOutOfRangeIsIgnoredWithAWarning) {
    std::string warnings;
    log::setListener([&](log::Level, const std::string& message) { warnings += message; });
    const auto parts = read("padding_token_id", std::uint32_t{3});
    log::setListener({});
    ASSERT_TRUE(parts) << parts.error().message;
    EXPECT_FALSE(parts->padding);
    EXPECT_NE(warnings.find("padding_token_id is 3"), std::string::npos) << warnings;
}

}  // namespace
}  // namespace skd::test
