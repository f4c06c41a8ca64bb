#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/formats/format_bytes.h"
#include "core/formats/format_mutation.h"
#include "formats/float_codec.h"
#include "formats/gguf_file.h"

namespace skd::test {
namespace {

std::string smallGguf() {
    return GgufBytes(4, 6)
        .stringKey("general.architecture", "llama")
        .key("general.alignment", 4, 32u)
        .key("llama.block_count", 10, std::uint64_t{30})
        .key("flag", 7, '\1')
        .text("tokens")
        .put(9u)
        .put(8u)
        .put(3ull)
        .text("a")
        .text("")
        .text("abc")
        .text("scores")
        .put(9u)
        .put(6u)
        .put(2ull)
        .put(0.5f)
        .put(-1.0f)
        .tensor("token_embd.weight", {32, 2}, 8, 0)
        .tensor("blk.0.attn_q.weight", {256}, 12, 96)
        .tensor("norm", {3}, 0, 256)
        .tensor("scalar", {}, 1, 288)
        .pad()
        .raw(std::string(290, '\x2c'))
        .bytes();
}

void askForEverything(const GgufMetadata& metadata) {
    for (const GgufEntry& entry : metadata.entries()) {
        const bool number =
            metadata.integer(entry.key).has_value() || metadata.number(entry.key).has_value();
        const bool other =
            metadata.boolean(entry.key).has_value() || metadata.string(entry.key).has_value();
        const bool list = metadata.strings(entry.key).has_value() ||
                          metadata.integers(entry.key).has_value() ||
                          metadata.floats(entry.key).has_value();
        EXPECT_LE(int{number} + int{other} + int{list}, 1) << entry.key;
    }
}

/// Parses a copy of exactly its size, looks at all it holds; true when the file was accepted.
bool ggufSurvives(std::string_view text) {
    const std::vector<char> exact(text.begin(), text.end());
    const auto contents = parseGguf(asBytes({exact.data(), exact.size()}));
    if (!contents) {
        EXPECT_LT(contents.error().message.size(), 1000u);
        EXPECT_NE(contents.error().code, ErrorCode::Internal) << contents.error().message;
        return false;
    }
    askForEverything(contents->metadata);
    for (const TensorView& tensor : contents->tensors) {
        std::vector<float> values(static_cast<std::size_t>(tensor.elementCount()));
        const Status status = decodeFloats(tensor.type, tensor.bytes, values);
        EXPECT_TRUE(status || status.error().code == ErrorCode::Unsupported);
    }
    return true;
}

TEST(GgufMutation, TruncationAtEachByteIsAnError) {
    const std::string bytes = smallGguf();
    ASSERT_TRUE(ggufSurvives(bytes)) << messageOf(parseGguf(asBytes(bytes)));
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(ggufSurvives(std::string_view(bytes).substr(0, size))) << size;
}

TEST(GgufMutation, TenThousandMutationsNeverCrash) {
    const std::string bytes = smallGguf();
    int accepted = 0;
    for (std::uint64_t round = 0; round < 10'000; ++round)
        accepted += ggufSurvives(mutated(bytes, round)) ? 1 : 0;
    EXPECT_GT(accepted, 500);
    EXPECT_LT(accepted, 9'000);
}

}  // namespace
}  // namespace skd::test
