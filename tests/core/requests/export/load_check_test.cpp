#include "requests/export/load_check.h"

#include "base/files.h"
#include "core/requests/export/export_fixture.h"
#include "requests/export/serving.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

class ExportCheck : public testing::Test {
protected:
    ExportRequest request(ExportFormat format, ExportType type) {
        ExportRequest r;
        r.model.path = source.string();
        r.format = format;
        r.type = type;
        r.out = folder / "out";
        r.replace = true;
        return r;
    }
    /// What checkExport says of a folder beside a model.
    Result<std::optional<LoadCheck>> check(const fs::path& written, const OpenModel& model,
                                           ExportType type) {
        const ExportRequest asked = request(ExportFormat::HfDense, type);
        const ExportOrigin origin;
        return checkExport({asked, origin, model, written, nullptr}, "model.safetensors", {});
    }
    OpenModel open() {
        ModelRef reference;
        reference.path = source.string();
        reference.dtype = DTypeChoice::F32;
        auto model = openModel(reference);
        EXPECT_TRUE(model) << model.error().message;
        return std::move(*model);
    }
    const TemporaryFolder folder;
    const fs::path source = exportSource(folder, "llama");
};

/// In f32 every format gives every token; in the types that round they are counted.
TEST_F(ExportCheck, EveryFormatIsOpenedAgain) {
    for (const ExportFormat format : {ExportFormat::Hf, ExportFormat::HfDense, ExportFormat::Gguf})
        for (const ExportType type : {ExportType::F32, ExportType::Bf16}) {
            const auto record = exportModel(request(format, type), {});
            ASSERT_TRUE(record && *record) << record.error().message;
            const Json found = memberOf(**record, "load_check");
            EXPECT_GT(found["tokens"], 0);
            if (type == ExportType::F32) {
                EXPECT_EQ(found["equal"], found["tokens"]) << enumName(format);
            }
            EXPECT_EQ(readJsonFile(folder / "out/sparsekd.json").value()["load_check"], found);
        }
    ExportRequest unchecked = request(ExportFormat::Hf, ExportType::F32);
    unchecked.check = false;
    const auto record = exportModel(unchecked, {});
    ASSERT_TRUE(record && *record);
    EXPECT_FALSE((*record)->contains("load_check"));
}

/// A matrix that is written wrongly, a tokeniser that gives other ids and a folder that does not
/// open are errors, not figures.
TEST_F(ExportCheck, WhatIsWrittenWronglyIsFound) {
    const OpenModel model = open();
    ASSERT_TRUE(exportModel(request(ExportFormat::HfDense, ExportType::F32), {}));
    ASSERT_TRUE(check(folder / "out", model, ExportType::F32));
    OpenModel other = open();
    other.decoder = other.decoder.clone();
    Linear& down = other.decoder.layers[0].mlp.down;
    down.replace(DenseWeight{down.weight().flip(0)});
    for (const ExportType type : {ExportType::F32, ExportType::Bf16}) {
        const auto found = check(folder / "out", other, type);
        ASSERT_FALSE(found) << enumName(type);
        EXPECT_EQ(found.error().code, ErrorCode::Corrupt);
        EXPECT_NE(found.error().message.find("no rounding"), std::string::npos);
    }
    Json tokenizer = *readJsonFile(folder / "out/tokenizer.json");
    std::swap(tokenizer["model"]["vocab"]["T"], tokenizer["model"]["vocab"]["U"]);
    ASSERT_TRUE(writeFileAtomically(folder / "out/tokenizer.json", dumpJson(tokenizer)));
    EXPECT_NE(check(folder / "out", model, ExportType::F32).error().message.find("tokeniser"),
              std::string::npos);
    fs::resize_file(folder / "out/model.safetensors", 100);
    EXPECT_NE(check(folder / "out", model, ExportType::F32).error().message.find("open again"),
              std::string::npos);
}

TEST_F(ExportCheck, CommandsNameTheFolder) {
    ExportRequest wanted = request(ExportFormat::Gguf, ExportType::F32);
    wanted.out = folder / "two words";
    const auto record = exportModel(wanted, {});
    ASSERT_TRUE(record && *record) << record.error().message;
    const Json commands = memberOf(**record, "commands");
    ASSERT_EQ(commands.size(), 2u);
    EXPECT_EQ(commands[1]["program"], "llama.cpp");
    EXPECT_EQ(commands[1]["command"],
              "llama-server -m '" + (folder / "two words/llama-F32.gguf").string() + "'");
    EXPECT_FALSE(readJsonFile(wanted.out / "sparsekd.json")->contains("commands"))
        << "no folder of this machine";
    const auto served = serveCommands(Json{{"format", "hf"}}, "/models/it's");
    EXPECT_NE(served[0].command.find("from_pretrained(\"/models/it's\", trust_remote_code=True)"),
              std::string::npos);
    EXPECT_EQ(served[1].command,
              "vllm serve '/models/it'\\''s' --trust-remote-code --model-impl transformers");
}

}  // namespace
}  // namespace skd::test
