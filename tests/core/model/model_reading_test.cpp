#include <gtest/gtest.h>

#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "core/model/tiny_model.h"
#include "formats/gguf_file.h"
#include "formats/gguf_writer.h"
#include "formats/safetensors_writer.h"
#include "model/files/gguf_output.h"
#include "model/files/model_header.h"
#include "model/files/model_loader.h"
#include "model/files/weight_source.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

/// Collects warnings while it lives.
class LoaderWarnings {
public:
    LoaderWarnings() {
        log::setListener([this](log::Level level, const std::string& message) {
            if (level == log::Level::Warning) text += message + "\n";
        });
    }
    ~LoaderWarnings() { log::setListener({}); }
    std::string text;
};

std::span<const std::byte> tensorBytes(const at::Tensor& tensor) {
    return {static_cast<const std::byte*>(tensor.data_ptr()), tensor.nbytes()};
}

/// The fixture llama-tied with other tensors.
class TiedModelTest : public testing::Test {
protected:
    const TemporaryFolder folder;
    std::map<std::string, at::Tensor> tensors =
        loadTensors(modelFixture("llama-tied") / "model.safetensors");
    const at::Tensor ids = at::arange(30).unsqueeze(0);

    Result<LoadedModel> load() {
        fs::copy_file(modelFixture("llama-tied") / "config.json", folder / "config.json",
                      fs::copy_options::overwrite_existing);
        std::vector<TensorOut> out;
        for (const auto& [name, tensor] : tensors)
            out.push_back({name, DType::F32, tensor.sizes().vec(), tensorBytes(tensor), nullptr});
        EXPECT_TRUE(writeSafetensors(folder / "model.safetensors", out, {{"format", "pt"}}));
        return loadModel(folder.path(), {at::kFloat, at::kCPU});
    }
    at::Tensor plainLogits() const {
        return loadModel(modelFixture("llama-tied"), {at::kFloat, at::kCPU})->decoder.logits(ids);
    }
};

/// transformers 5 unties and warns; before, the stored head was thrown away without a word.
TEST_F(TiedModelTest, AStoredHeadThatDiffersIsUsed) {
    const at::Tensor embedding = tensors.at("model.embed_tokens.weight");
    tensors["lm_head.weight"] = embedding * 2;
    const LoaderWarnings warnings;
    const auto loaded = load();
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_NE(warnings.text.find("lm_head.weight is stored and differs"), std::string::npos)
        << warnings.text;
    // Twice the head, twice the logits: exact, since 2 is a power of two.
    EXPECT_TRUE(at::equal(loaded->decoder.logits(ids), plainLogits() * 2));
    EXPECT_FALSE(loaded->decoder.config.tiedHead);
    EXPECT_EQ(loaded->decoder.parameterCount(), loaded->decoder.config.parameterCount());
}

TEST_F(TiedModelTest, AStoredCopyOfTheEmbeddingStaysTied) {
    tensors["lm_head.weight"] = tensors.at("model.embed_tokens.weight").clone();
    const LoaderWarnings warnings;
    const auto loaded = load();
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(warnings.text, "");
    EXPECT_TRUE(loaded->decoder.config.tiedHead);
    EXPECT_TRUE(loaded->decoder.head.is_same(loaded->decoder.embedding));
    EXPECT_TRUE(at::equal(loaded->decoder.logits(ids), plainLogits()));
}

TEST_F(TiedModelTest, NamesOfABaseModelAreRead) {
    std::map<std::string, at::Tensor> base;
    for (const auto& [name, tensor] : tensors) {
        ASSERT_TRUE(name.starts_with("model.")) << name;
        base[name.substr(6)] = tensor;
    }
    tensors = base;
    const auto loaded = load();
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_TRUE(at::equal(loaded->decoder.logits(ids), plainLogits()));
    // Both forms of one tensor: one of them would stay unread.
    tensors["model.norm.weight"] = tensors.at("norm.weight");
    const auto both = load();
    ASSERT_FALSE(both);
    EXPECT_NE(both.error().message.find("\"norm.weight\""), std::string::npos)
        << both.error().message;
}

/// llama-tied as GGUF in parts, or in one file of one part.
class GgufPartsTest : public testing::Test {
protected:
    const TemporaryFolder folder;
    Decoder model = loadModel(modelFixture("llama-tied"), {at::kFloat, at::kCPU})->decoder;
    const at::Tensor ids = at::arange(30).unsqueeze(0);

    fs::path part(int number, int count) const {
        return folder / strCat("tiny-0000", number, "-of-0000", count, ".gguf");
    }
    /// Every `count`-th tensor from `first` on; the keys of the model in the first part only, as
    /// llama-gguf-split has them.
    void write(const fs::path& path, std::uint16_t first, std::uint16_t count,
               std::vector<GgufField> more) {
        std::vector<GgufField> fields;
        if (first == 0) fields = *ggufConfigFields(model.config);
        fields.insert(fields.end(), more.begin(), more.end());
        std::vector<at::Tensor> held;
        std::vector<TensorOut> tensors;
        std::uint16_t index = 0;
        model.visitParameters([&](const std::string& name, at::Tensor& tensor) {
            if (index++ % count != first) return;
            held.push_back(ggufTensor(name, tensor, model.config).contiguous());
            tensors.push_back({ggufTensorName(name, model.config.family), GgmlType::F32,
                               held.back().sizes().vec(), tensorBytes(held.back()), nullptr});
        });
        ASSERT_TRUE(writeGguf(path, fields, tensors));
    }
    void writeParts(std::uint16_t count) {
        for (std::uint16_t i = 0; i < count; ++i)
            write(part(i + 1, count), i, count, {{"split.no", i}, {"split.count", count}});
    }
    std::string problem(const fs::path& path) const {
        const auto loaded = loadModel(path, {at::kFloat, at::kCPU});
        return loaded ? "loaded" : loaded.error().message;
    }
};

TEST_F(GgufPartsTest, PartsAreOneModel) {
    writeParts(3);
    const auto loaded = loadModel(part(1, 3), {at::kFloat, at::kCPU});
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_TRUE(at::equal(loaded->decoder.logits(ids), model.logits(ids)));
    // The identity covers every part.
    std::string digests;
    for (int i = 1; i <= 3; ++i) digests += *sha256File(part(i, 3));
    EXPECT_EQ(loaded->weightsSha256, sha256Hex(digests));
    const auto header = readModelHeader(part(1, 3));
    ASSERT_TRUE(header) << header.error().message;
    std::int64_t bytes = 0;
    for (int i = 1; i <= 3; ++i) bytes += static_cast<std::int64_t>(fs::file_size(part(i, 3)));
    EXPECT_EQ(header->bytes, bytes);
}

TEST_F(GgufPartsTest, WhatIsMissingOrMixedUpIsNamed) {
    writeParts(2);
    EXPECT_NE(problem(part(2, 2)).find("open the first, tiny-00001-of-00002.gguf"),
              std::string::npos);
    fs::copy_file(part(1, 2), folder / "other.gguf");
    EXPECT_NE(problem(folder / "other.gguf").find("llama-gguf-split --merge"), std::string::npos);
    fs::rename(part(2, 2), folder / "second");
    EXPECT_NE(problem(part(1, 2)).find("tiny-00002-of-00002.gguf is missing"), std::string::npos);
    fs::copy_file(part(1, 2), part(2, 2));
    EXPECT_NE(problem(part(1, 2)).find("says that it is part 1 of 2"), std::string::npos);
    fs::remove(part(2, 2));
    fs::rename(folder / "second", part(2, 2));
    write(part(1, 2), 0, 2,
          {{"split.no", std::uint16_t{0}},
           {"split.count", std::uint16_t{2}},
           {"split.tensors.count", std::int32_t{5}}});
    EXPECT_NE(problem(part(1, 2)).find("split.tensors.count is 5"), std::string::npos);
}

TEST_F(GgufPartsTest, ALaterPartThatIsCutWhileItIsReadIsAnError) {
    writeParts(2);
    const auto file = GgufFile::open(part(1, 2));
    ASSERT_TRUE(file) << file.error().message;
    fs::resize_file(part(2, 2), 100);
    const TensorView &first = file->tensors().front(), &last = file->tensors().back();
    std::string bytes(std::max(first.bytes.size(), last.bytes.size()), '\0');
    const auto copy = [&](const TensorView& view) {
        return view.copyBytes(0,
                              std::as_writable_bytes(std::span(bytes.data(), view.bytes.size())));
    };
    EXPECT_TRUE(copy(first));
    const Status cut = copy(last);
    ASSERT_FALSE(cut);
    EXPECT_NE(cut.error().message.find(part(2, 2).string() + " ends at byte"), std::string::npos)
        << cut.error().message;
}

/// A sparse tail of terabytes would be hashed for hours.
TEST_F(GgufPartsTest, BytesBehindTheTensorsAreRefusedAtOnce) {
    const fs::path path = folder / "long.gguf";
    write(path, 0, 1, {});
    EXPECT_EQ(problem(path), "loaded");
    fs::resize_file(path, fs::file_size(path) + 4096);
    EXPECT_NE(problem(path).find("bytes behind its last tensor"), std::string::npos);
    std::error_code error;
    fs::resize_file(path, 10ull << 40, error);
    if (error) fs::resize_file(path, 1ull << 40);
    EXPECT_NE(problem(path).find("bytes behind its last tensor"), std::string::npos);
}

TEST_F(GgufPartsTest, AVocabularySizeAgainstTheEmbeddingIsRefused) {
    model.config.vocabularySize += 1;  // what the keys say
    write(folder / "v.gguf", 0, 1, {});
    EXPECT_NE(problem(folder / "v.gguf").find("rows"), std::string::npos);
    EXPECT_NE(problem(folder / "v.gguf").find("vocab_size is"), std::string::npos);
}

}  // namespace
}  // namespace skd::test
