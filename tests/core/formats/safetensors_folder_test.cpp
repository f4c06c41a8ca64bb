#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/log.h"
#include "core/formats/format_bytes.h"
#include "formats/float_codec.h"
#include "formats/safetensors_folder.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kIndex = "model.safetensors.index.json";

/// A shard that holds the named one-byte tensors.
std::string shard(const std::vector<std::string>& names) {
    std::string header = "{";
    for (std::size_t i = 0; i < names.size(); ++i)
        header += (i > 0 ? ",\"" : "\"") + names[i] +
                  "\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[" + std::to_string(i) +
                  "," + std::to_string(i + 1) + "]}";
    return safetensorsBytes(header + "}", std::string(names.size(), 'x'));
}

std::string index(std::string_view map) {
    return "{\"weight_map\":{" + std::string(map) + "}}";
}

std::string openMessage(const fs::path& folder) {
    return messageOf(SafetensorsFolder::open(folder));
}

/// Collects warnings while it lives.
class Warnings {
public:
    Warnings() {
        log::setListener([this](log::Level level, const std::string& message) {
            if (level == log::Level::Warning) text += message + "\n";
        });
    }
    ~Warnings() { log::setListener({}); }
    std::string text;
};

TEST(SafetensorsFolder, ReadsShardsTheReferenceWrote) {
    const Warnings warnings;
    const auto weights = SafetensorsFolder::open(fs::path(SKD_FIXTURES) / "formats" / "sharded");
    ASSERT_TRUE(weights) << messageOf(weights);
    EXPECT_EQ(weights->files().size(), 2u);
    EXPECT_EQ(weights->tensors().size(), 3u);
    EXPECT_EQ(weights->metadata().at("format"), "pt");
    const TensorView* last = weights->find("c.weight");
    ASSERT_NE(last, nullptr);
    EXPECT_EQ(last->shape, (std::vector<std::int64_t>{3, 2}));
    std::vector<float> values(6);
    ASSERT_TRUE(decodeFloats(last->type, last->bytes, values));
    EXPECT_EQ(values, std::vector<float>(6, 0.25f));
    EXPECT_TRUE(weights->checkUnchanged());
    EXPECT_EQ(warnings.text, "");
}

TEST(SafetensorsFolder, PrefersTheSingleFile) {
    const TemporaryFolder folder;
    folder.write("model.safetensors", shard({"whole"}));
    folder.write(kIndex, "not even JSON");
    const auto weights = SafetensorsFolder::open(folder.path());
    ASSERT_TRUE(weights) << messageOf(weights);
    EXPECT_NE(weights->find("whole"), nullptr);
}

TEST(SafetensorsFolder, SaysWhatIsMissing) {
    const TemporaryFolder folder;
    EXPECT_NE(openMessage(folder.path()).find("neither model.safetensors nor"), std::string::npos);
    folder.write("pytorch_model.bin", "\x80\x02");
    EXPECT_NE(openMessage(folder.path()).find("a pickle, which is never read"), std::string::npos);
    EXPECT_NE(openMessage(folder / "absent").find("is not a folder"), std::string::npos);
    folder.write(kIndex, index("\"a\":\"one.safetensors\""));
    EXPECT_NE(openMessage(folder.path()).find("one.safetensors named by"), std::string::npos);
}

TEST(SafetensorsFolder, RefusesShardNamesThatLeadElsewhere) {
    const struct {
        const char* name;
        const char* phrase;
    } cases[] = {
        {"../one.safetensors", "leads to another folder"},
        {"/etc/one.safetensors", "leads to another folder"},
        {"sub/one.safetensors", "leads to another folder"},
        {"..\\\\one.safetensors", "leads to another folder"},
        {"..safetensors", "contains \\\"..\\\""},
        {"one\\u0000.safetensors", "control character"},
        {"one\\n.safetensors", "control character"},
        {"pytorch_model.bin", "does not end in .safetensors"},
        {"", "does not end in .safetensors"},
    };
    for (const auto& each : cases) {
        const std::string json = index("\"a\":\"" + std::string(each.name) + "\"");
        std::string phrase = each.phrase;
        std::erase(phrase, '\\');
        EXPECT_NE(messageOf(parseSafetensorsIndex(json)).find(phrase), std::string::npos)
            << each.name << ": " << messageOf(parseSafetensorsIndex(json));
    }
    const std::string longName = index("\"a\":\"" + std::string(300, 'n') + ".safetensors\"");
    EXPECT_NE(messageOf(parseSafetensorsIndex(longName)).find("longer than 255"),
              std::string::npos);
}

TEST(SafetensorsFolder, RefusesMalformedIndices) {
    const struct {
        std::string json;
        const char* phrase;
    } cases[] = {
        {"", "expected '{'"},
        {"{}", "no weight_map"},
        {"[]", "expected '{'"},
        {"{\"weight_map\":[]}", "'{' of weight_map"},
        {"{\"weight_map\":{\"a\":1}}", "expected a shard's file name"},
        {"{\"weight_map\":{}} x", "nothing after the JSON"},
        {"{\"weight_map\":{},\"weight_map\":{}}", "weight_map twice"},
        {index("\"a\":\"1.safetensors\",\"a\":\"2.safetensors\""), "tensor \"a\" twice"},
        {index("\"a\\nb\":\"1.safetensors\""), "control character"},
        {"{\"other\":" + std::string(100'000, '['), "nested deeper than 64"},
        {"{\"other\":[1,{\"x\":tru}]}", "expected a value"},
        {"{\"other\":-}", "not a number"},
        {"{\"other\":01}", "not a number"},
        {"{\"other\":1.}", "not a number"},
        {"{\"other\":1e}", "not a number"},
        {"{\"other\":[1 2]}", "expected ',' or ']'"},
        {"{\"\xFF\":1}", "not valid UTF-8"},
    };
    for (const auto& each : cases)
        EXPECT_NE(messageOf(parseSafetensorsIndex(each.json)).find(each.phrase), std::string::npos)
            << each.phrase << ": " << messageOf(parseSafetensorsIndex(each.json));
}

TEST(SafetensorsFolder, SkipsWhatItDoesNotKnow) {
    const auto parsed = parseSafetensorsIndex(
        "{\"metadata\":{\"total_size\":7,\"by\":{\"a\":[1,-2.5e+3,null,\"\\u00e9\",[],{}]}},"
        "\"extra\":true,\"weight_map\":{\"a\":\"x.safetensors\",\"b\":\"x.safetensors\"}}");
    ASSERT_TRUE(parsed) << messageOf(parsed);
    EXPECT_EQ(parsed->totalSize, 7u);
    EXPECT_EQ(parsed->shards, std::vector<std::string>{"x.safetensors"});
    EXPECT_EQ(parsed->weights.size(), 2u);
    const auto odd =
        parseSafetensorsIndex("{\"metadata\":{\"total_size\":1.5e10},\"weight_map\":{}}");
    ASSERT_TRUE(odd) << messageOf(odd);
    EXPECT_EQ(odd->totalSize, std::nullopt);
}

TEST(SafetensorsFolder, RefusesATensorThatIsNotInItsShardOrInTwo) {
    const TemporaryFolder folder;
    folder.write("1.safetensors", shard({"a", "b"}));
    folder.write("2.safetensors", shard({"c"}));
    folder.write(kIndex, index("\"a\":\"1.safetensors\",\"c\":\"2.safetensors\",\"d\":"
                               "\"2.safetensors\""));
    EXPECT_NE(openMessage(folder.path()).find("\"d\" is not in its shard 2.safetensors"),
              std::string::npos);
    folder.write(kIndex, index("\"b\":\"2.safetensors\",\"a\":\"1.safetensors\""));
    EXPECT_NE(openMessage(folder.path()).find("\"b\" is not in its shard 2.safetensors"),
              std::string::npos);
    folder.write("2.safetensors", shard({"c", "a"}));
    folder.write(kIndex, index("\"a\":\"1.safetensors\",\"c\":\"2.safetensors\""));
    EXPECT_NE(
        openMessage(folder.path()).find("\"a\" is both in 1.safetensors and in 2.safetensors"),
        std::string::npos);
}

TEST(SafetensorsFolder, WarnsOfUnmappedTensorsAndAWrongTotal) {
    const TemporaryFolder folder;
    folder.write("1.safetensors", shard({"a", "b"}));
    folder.write(kIndex,
                 "{\"metadata\":{\"total_size\":5},\"weight_map\":{\"a\":"
                 "\"1.safetensors\"}}");
    const Warnings warnings;
    const auto weights = SafetensorsFolder::open(folder.path());
    ASSERT_TRUE(weights) << messageOf(weights);
    EXPECT_NE(weights->find("b"), nullptr);
    EXPECT_NE(warnings.text.find("does not map 1 of the 2 tensors"), std::string::npos);
    EXPECT_NE(warnings.text.find("total size of 5 bytes; its shards hold 2"), std::string::npos);
}

TEST(SafetensorsFolder, RefusesLinksThatLeaveTheFolder) {
    const TemporaryFolder folder;
    folder.write("secret/other.safetensors", shard({"a"}));
    folder.write("model/real.safetensors", shard({"a"}));
    const fs::path model = folder / "model";
    fs::create_symlink("../secret/other.safetensors", model / "model.safetensors");
    EXPECT_NE(openMessage(model).find("symbolic link that leaves its folder"), std::string::npos);
    fs::remove(model / "model.safetensors");
    fs::create_symlink("real.safetensors", model / "model.safetensors");
    EXPECT_TRUE(SafetensorsFolder::open(model)) << openMessage(model);
    fs::remove(model / "model.safetensors");
    fs::create_symlink("nowhere", model / "model.safetensors");
    EXPECT_FALSE(SafetensorsFolder::open(model));
    fs::remove(model / "model.safetensors");
    fs::create_symlink("model.safetensors", model / "model.safetensors");
    EXPECT_FALSE(SafetensorsFolder::open(model));
}

TEST(SafetensorsFolder, FollowsLinksIntoTheBlobsOfItsOwnHubCache) {
    const TemporaryFolder folder;
    folder.write("models--x--y/blobs/0123abcd", shard({"a"}));
    folder.write("blobs/feed", shard({"a"}));
    const fs::path snapshot = folder / "models--x--y" / "snapshots" / "main";
    fs::create_directories(snapshot);
    fs::create_symlink("../../blobs/0123abcd", snapshot / "model.safetensors");
    const auto weights = SafetensorsFolder::open(snapshot);
    ASSERT_TRUE(weights) << messageOf(weights);
    fs::remove(snapshot / "model.safetensors");
    fs::create_symlink("../../../blobs/feed", snapshot / "model.safetensors");
    EXPECT_NE(openMessage(snapshot).find("leaves its folder"), std::string::npos);
}

}  // namespace
}  // namespace skd::test
