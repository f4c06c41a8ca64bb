#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <functional>

#include "core/model/tiny_model.h"
#include "formats/safetensors_file.h"
#include "formats/safetensors_writer.h"
#include "model/elastic.h"
#include "model/files/decoder_file.h"
#include "model/files/huggingface_output.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// Elastic MLPs at ranks below their caps, one of them with gate and up as one matrix.
Decoder elasticModel() {
    Decoder model = tinyDecoder(90);
    EXPECT_TRUE(model.fuseGateUp({true, false}));
    std::int64_t rank = 5;
    for (Linear* linear : model.matrices()) {
        linear->replace(randomElastic(linear->rows(), linear->columns(), 20));
        linear->setElasticRank(rank++);
    }
    return model;
}

at::Tensor elasticLogits(const Decoder& model) {
    const c10::NoGradGuard noGradient;
    return model.logits(at::arange(20).unsqueeze(0));
}

Json headerOf(const std::filesystem::path& path) {
    const auto file = SafetensorsFile::open(path);
    EXPECT_TRUE(file);
    return file ? *parseJson(file->metadata().at("sparsekd")) : Json();
}

TEST(ElasticFile, ComesBackBitEqualWithItsRecordInAThirdVersion) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "m.safetensors";
    const Decoder model = elasticModel();
    const Json record{{"sha256", "of the path"}, {"nodes", {15, 35}}, {"path", {{"x", 1.5}}}};
    ASSERT_TRUE(writeDecoder(path, model, {{"step", 7}}, record));
    EXPECT_EQ(headerOf(path)["version"], 3);
    const auto read = readDecoder(path, {at::kFloat, at::kCPU});
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(at::equal(elasticLogits(read->model.decoder), elasticLogits(model)));
    EXPECT_EQ(ranksInUse(read->model.decoder), ranksInUse(model));
    EXPECT_EQ(rankCaps(read->model.decoder), rankCaps(model));
    EXPECT_EQ(read->model.weightsSha256, weightsSha256(model));
    EXPECT_EQ(dumpJson(read->elastic), dumpJson(record));
    EXPECT_EQ(dumpJson(*readElasticRecord(path)), dumpJson(record));
    EXPECT_EQ(read->about["step"], 7);
    EXPECT_TRUE(read->model.decoder.layers[0].mlp.gateUp.elastic() != nullptr);
}

TEST(ElasticFile, OthersKeepTheirVersionAndHaveNoRecord) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "m.safetensors";
    ASSERT_TRUE(writeDecoder(path, tinyDecoder(91), {}));
    EXPECT_EQ(headerOf(path)["version"], 1);
    EXPECT_TRUE(readDecoder(path, {at::kFloat, at::kCPU})->elastic.is_null());
    EXPECT_TRUE(readElasticRecord(path)->is_null());
    const Status wrong = writeDecoder(path, tinyDecoder(91), {}, {{"path", 1}});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, ErrorCode::InvalidInput);
}

TEST(ElasticFile, AnotherSizeIsAnotherModel) {
    Decoder model = elasticModel();
    const std::string before = weightsSha256(model);
    model.layers[1].mlp.up.setElasticRank(3);
    EXPECT_NE(weightsSha256(model), before);
}

TEST(ElasticFile, AreNotExported) {
    const TemporaryFolder folder;
    const Decoder model = elasticModel();
    const Status plain = writePlainDecoder(folder.path() / "m.safetensors", model, {});
    ASSERT_FALSE(plain);
    EXPECT_EQ(plain.error().code, ErrorCode::Unsupported);
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "m.safetensors"));
    EXPECT_FALSE(prunedConfig(model, DType::F32));
}

/// Exported as any model of its form, and says the same when read again.
TEST(ElasticFile, SlicesAreExportedInTheirForm) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "m.safetensors";
    const Decoder model = elasticModel();
    for (const SliceForm form : {SliceForm::Factored, SliceForm::IdentityBlock, SliceForm::Dense}) {
        const auto slice = sliced(model, ranksInUse(model), form);
        ASSERT_TRUE(slice) << slice.error().message;
        const auto config = prunedConfig(slice->model, DType::F32);
        ASSERT_TRUE(config) << config.error().message;
        EXPECT_EQ((*config)["sparsekd"]["version"], 4);
        ASSERT_TRUE(writePlainDecoder(path, slice->model, {}));
        EXPECT_EQ(headerOf(path)["version"], 4);
        const auto read = readDecoder(path, {at::kFloat, at::kCPU});
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_TRUE(at::equal(elasticLogits(read->model.decoder), elasticLogits(slice->model)));
        EXPECT_LT(relativeError(elasticLogits(slice->model), elasticLogits(model)), 1e-4)
            << enumName(form);
    }
}

/// The file again, with other tensors or another header; readable unless something is wrong.
class DamagedElasticFile : public testing::Test {
protected:
    DamagedElasticFile() {
        EXPECT_TRUE(writeDecoder(good, elasticModel(), {}));
        header = headerOf(good);
    }
    /// The error of reading; Internal where there is none.
    Error errorWith(const std::function<bool(TensorOut&)>& keeps) const {
        const auto file = SafetensorsFile::open(good);
        std::vector<TensorOut> tensors;
        for (const TensorView& view : file->tensors()) {
            TensorOut out{view.name, view.type, view.shape, view.bytes};
            if (keeps(out)) tensors.push_back(out);
        }
        SafetensorsMetadata metadata{{"format", "pt"}, {"sparsekd", dumpJson(header)}};
        EXPECT_TRUE(writeSafetensors(bad, tensors, metadata));
        const auto read = readDecoder(bad, {at::kFloat, at::kCPU});
        return read ? Error{} : read.error();
    }
    Error errorWith() const {
        return errorWith([](TensorOut&) { return true; });
    }
    const TemporaryFolder folder;
    const std::filesystem::path good = folder.path() / "good.safetensors",
                                bad = folder.path() / "bad.safetensors";
    const std::string name = "model.layers.1.mlp.up_proj";
    Json header;
};

TEST_F(DamagedElasticFile, TensorsAreNamed) {
    EXPECT_EQ(errorWith().message, "") << "the rewritten file is sound";
    for (const char* part : {".elastic_a", ".elastic_b"}) {
        const Error missing = errorWith([&](TensorOut& out) { return out.name != name + part; });
        EXPECT_EQ(missing.code, ErrorCode::Corrupt);
        EXPECT_NE(missing.message.find("up_proj"), std::string::npos) << missing.message;
        const Error turned = errorWith([&](TensorOut& out) {
            if (out.name == name + part) std::swap(out.shape[0], out.shape[1]);
            return true;
        });
        EXPECT_EQ(turned.code, ErrorCode::Corrupt) << part;
        EXPECT_NE(turned.message.find("up_proj"), std::string::npos) << turned.message;
    }
}

TEST_F(DamagedElasticFile, RanksAreCheckedAgainstWhatIsStored) {
    for (const Json& rank : {Json(0), Json(21), Json(-3), Json("7"), Json(2.5), Json()}) {
        header["elastic"]["ranks"][name] = rank;
        const Error error = errorWith();
        EXPECT_EQ(error.code, ErrorCode::Corrupt) << dumpJson(rank);
        EXPECT_NE(error.message.find(name), std::string::npos) << error.message;
    }
    header["elastic"]["ranks"][name] = 20;
    EXPECT_EQ(errorWith().message, "");
    header["elastic"]["ranks"]["model.layers.1.self_attn.q_proj"] = 4;
    EXPECT_EQ(errorWith().code, ErrorCode::Corrupt) << "of a matrix that is not elastic";
    header.erase("elastic");
    EXPECT_EQ(errorWith().code, ErrorCode::Corrupt) << "no ranks at all";
}

TEST_F(DamagedElasticFile, ALaterVersionIsRefused) {
    header["version"] = 5;
    EXPECT_EQ(errorWith().code, ErrorCode::Newer);
}

}  // namespace
}  // namespace skd::test
