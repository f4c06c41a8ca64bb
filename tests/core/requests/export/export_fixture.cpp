#include "core/requests/export/export_fixture.h"

#include "base/files.h"
#include "base/text.h"
#include "model/files/decoder_file.h"
#include "model/files/huggingface_output.h"
#include "model/files/model_loader.h"
#include "model/identity_block.h"

namespace skd::test {

namespace fs = std::filesystem;

std::string tinyTokenizerJson() {
    Json vocabulary = Json::object();
    for (char c = '!'; c <= '~'; ++c) vocabulary[std::string(1, c)] = vocabulary.size();
    vocabulary["\u0120"] = vocabulary.size();
    const std::size_t end = vocabulary.size();
    const Json added = Json::array({Json{{"id", end},
                                         {"content", "<|end|>"},
                                         {"single_word", false},
                                         {"lstrip", false},
                                         {"rstrip", false},
                                         {"normalized", false},
                                         {"special", true}}});
    const Json bytes{{"type", "ByteLevel"},
                     {"add_prefix_space", false},
                     {"trim_offsets", true},
                     {"use_regex", true}};
    return dumpJson(
        {{"version", "1.0"},
         {"added_tokens", added},
         {"normalizer", nullptr},
         {"pre_tokenizer", bytes},
         {"post_processor", nullptr},
         {"decoder", bytes},
         {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", Json::array()}}}});
}

void writeTinyTokenizer(const fs::path& folder) {
    EXPECT_TRUE(writeFileAtomically(folder / "tokenizer.json", tinyTokenizerJson()));
    EXPECT_TRUE(writeFileAtomically(folder / "tokenizer_config.json",
                                    dumpJson({{"tokenizer_class", "PreTrainedTokenizerFast"},
                                              {"eos_token", "<|end|>"},
                                              {"chat_template", "{{ messages[0].content }}"}})));
}

fs::path exportSource(const TemporaryFolder& folder, const std::string& fixture,
                      const Json& changes) {
    const fs::path target = folder / fixture;
    fs::create_directories(target);
    fs::copy_file(modelFixture(fixture) / "model.safetensors", target / "model.safetensors");
    Json config = *parseJson(*readFile(modelFixture(fixture) / "config.json"));
    config.update(changes);
    EXPECT_TRUE(writeFileAtomically(target / "config.json", dumpJson(config)));
    writeTinyTokenizer(target);
    return target;
}

Json exported(const fs::path& model, ExportFormat format, ExportType type, const fs::path& out) {
    setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1);
    ExportRequest request;
    request.model.path = model.string();
    request.format = format;
    request.type = type;
    request.out = out;
    const auto record = exportModel(request, {});
    EXPECT_TRUE(record && *record) << (record ? "cancelled" : record.error().message);
    return record && *record ? **record : Json();
}

Error exportError(const ExportRequest& request) {
    setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1);
    const auto record = exportModel(request, {});
    EXPECT_FALSE(record);
    EXPECT_FALSE(fs::exists(request.out.string() + ".partial"));
    return record ? Error() : record.error();
}

at::Tensor logitsOf(const Decoder& model) {
    const at::Tensor ids = (at::arange(24) * 37 + 11)
                               .remainder(std::min<std::int64_t>(96, model.config.vocabularySize));
    return model.logits(ids.unsqueeze(0))[0];
}

at::Tensor logitsOf(const fs::path& model) {
    const auto loaded = loadModel(model, {at::kFloat, at::kCPU});
    EXPECT_TRUE(loaded) << loaded.error().message;
    return loaded ? logitsOf(loaded->decoder) : at::Tensor();
}

Decoder factoredAndMasked(const Decoder& dense, std::int64_t rank) {
    Decoder model = dense.clone();
    std::size_t index = 0;
    for (Linear* linear : model.matrices({true, true})) {
        const at::Tensor weight = linear->weight().clone();
        const std::size_t form = index++ % 3;
        if (form == 1) {
            const auto [u, s, v] = at::svd(weight);
            const at::Tensor a = (u.narrow(1, 0, rank) * s.narrow(0, 0, rank)).contiguous(),
                             b = v.narrow(1, 0, rank).t().contiguous();
            const IdentityBlockWeight block = identityBlock(a, b).weight;
            linear->replace(index % 2 == 0
                                ? Linear::Form(LowRankWeight{a, b})
                                : IdentityBlockWeight{block.c.to(at::kFloat),
                                                      block.b.to(at::kFloat), block.order});
        } else if (form == 2) {
            const at::Tensor mask = weight.abs() > 0.01;
            linear->replace(MaskedWeight{weight * mask, mask});
        }
    }
    return model;
}

void writePrunedFolder(const Decoder& decoder, const fs::path& folder) {
    fs::create_directories(folder);
    const auto config = prunedConfig(decoder, DType::F32);
    ASSERT_TRUE(config) << config.error().message;
    ASSERT_TRUE(writeFileAtomically(folder / "config.json", dumpJson(*config, 2)));
    ASSERT_TRUE(writePlainDecoder(folder / "model.safetensors", decoder, Json::object()));
    fs::copy_file(SKD_SOURCE_DIR "/resources/export/modeling_sparsekd.py",
                  folder / "modeling_sparsekd.py");
}

}  // namespace skd::test
