#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/formats/format_bytes.h"
#include "core/formats/format_mutation.h"
#include "formats/float_codec.h"
#include "formats/safetensors_file.h"
#include "formats/safetensors_folder.h"

namespace skd::test {
namespace {

std::string smallFile() {
    return safetensorsBytes(
        "{\"__metadata__\":{\"format\":\"pt\",\"\\u00e9\":\"\"},"
        "\"model.a\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
        "\"model.b\":{\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[8,14]},"
        "\"s\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[14,22]},"
        "\"e\":{\"dtype\":\"U8\",\"shape\":[0,9],\"data_offsets\":[22,22]}}    ",
        std::string(22, '\x3f'));
}

/// Parses a copy of exactly its size (so that a sanitizer sees any read beyond it), decodes all
/// tensors; true when the file was accepted.
bool survives(std::string_view text) {
    const std::vector<char> exact(text.begin(), text.end());
    const auto contents = parseSafetensors(asBytes({exact.data(), exact.size()}));
    if (!contents) {
        EXPECT_LT(contents.error().message.size(), 1000u);
        EXPECT_NE(contents.error().code, ErrorCode::Internal) << contents.error().message;
        return false;
    }
    for (const TensorView& tensor : contents->tensors) {
        std::vector<float> values(static_cast<std::size_t>(tensor.elementCount()));
        const Status status = decodeFloats(tensor.type, tensor.bytes, values);
        EXPECT_TRUE(status || status.error().code == ErrorCode::Unsupported);
    }
    return true;
}

TEST(SafetensorsMutation, TruncationAtEachByteIsAnError) {
    const std::string bytes = smallFile();
    ASSERT_TRUE(survives(bytes));
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(survives(std::string_view(bytes).substr(0, size))) << size;
}

TEST(SafetensorsMutation, TenThousandMutationsNeverCrash) {
    const std::string bytes = smallFile();
    int accepted = 0;
    for (std::uint64_t round = 0; round < 10'000; ++round)
        accepted += survives(mutated(bytes, round)) ? 1 : 0;
    // Changes of names and values are legal, others are not: both must occur.
    EXPECT_GT(accepted, 100);
    EXPECT_LT(accepted, 9'000);
}

TEST(SafetensorsMutation, MutatedIndicesNeverCrash) {
    const std::string json =
        "{\"metadata\":{\"total_size\":12,\"x\":[1.5e3,null,{\"y\":[]}]},\"weight_map\":{"
        "\"model.a\":\"model-00001-of-00002.safetensors\","
        "\"model.b\":\"model-00002-of-00002.safetensors\"}}";
    ASSERT_TRUE(parseSafetensorsIndex(json));
    int accepted = 0;
    for (std::uint64_t round = 0; round < 10'000; ++round) {
        const std::string text = mutated(json, round);
        const std::vector<char> exact(text.begin(), text.end());
        const auto index = parseSafetensorsIndex({exact.data(), exact.size()});
        accepted += index ? 1 : 0;
        if (!index) continue;
        for (const std::string& shard : index->shards)
            EXPECT_EQ(shard.find('/'), std::string::npos) << shard;
    }
    EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace skd::test
