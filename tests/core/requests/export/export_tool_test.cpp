#include <gtest/gtest.h>

#include <cerrno>

#include "base/files.h"
#include "base/text.h"
#include "core/requests/export/export_fixture.h"
#include "model/files/model_loader.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

class ExportTool : public testing::Test {
protected:
    ExportRequest request(ExportFormat format = ExportFormat::Hf) {
        ExportRequest r;
        r.model.path = source.string();
        r.format = format;
        r.out = folder / "out";
        return r;
    }
    const TemporaryFolder folder;
    const fs::path source = exportSource(folder, "llama");
};

TEST_F(ExportTool, BringsTokeniserCardAndRecordAlong) {
    ASSERT_TRUE(
        writeFileAtomically(source / "README.md", "---\nlicense: apache-2.0\n---\nA model.\n"));
    ASSERT_TRUE(writeFileAtomically(source / "generation_config.json", "{\"eos_token_id\": 95}"));
    const Json record = exported(source, ExportFormat::HfDense, ExportType::Bf16, folder / "out");
    for (const char* name :
         {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
          "generation_config.json", "README.md", "sparsekd.json"})
        EXPECT_TRUE(fs::exists(folder / "out" / name)) << name;
    EXPECT_FALSE(fs::exists(folder / "out/modeling_sparsekd.py"));
    EXPECT_FALSE(fs::exists(folder / "out/.sparsekd-partial"));
    EXPECT_EQ(readFile(folder / "out/tokenizer.json").value(),
              readFile(source / "tokenizer.json").value());
    EXPECT_EQ(record["licence"], "apache-2.0");
    EXPECT_EQ(record["dtype"], "bf16");
    const std::string card = *readFile(folder / "out/README.md");
    for (const char* part :
         {"license: \"apache-2.0\"", "# llama", "AutoModelForCausalLM", "## Licence"})
        EXPECT_NE(card.find(part), std::string::npos) << part;
    EXPECT_EQ(card.find(folder.path().string()), std::string::npos) << "no folder of this machine";
}

TEST_F(ExportTool, SaysThatALicenceIsNotKnown) {
    exported(source, ExportFormat::Gguf, ExportType::F32, folder / "out");
    EXPECT_NE(readFile(folder / "out/README.md")->find("Not known: see the base model, llama"),
              std::string::npos);
}

TEST_F(ExportTool, ReplacesNothingButAnExport) {
    exported(source, ExportFormat::HfDense, ExportType::F32, folder / "out");
    ExportRequest again = request(ExportFormat::Gguf);
    EXPECT_NE(exportError(again).message.find("--force"), std::string::npos);
    again.replace = true;
    EXPECT_TRUE(exportModel(again, {}));
    EXPECT_FALSE(fs::exists(folder / "out/model.safetensors"));
    fs::create_directories(folder / "mine");
    ASSERT_TRUE(writeFileAtomically(folder / "mine/thesis.txt", "words"));
    again.out = folder / "mine";
    EXPECT_NE(exportError(again).message.find("not a model export"), std::string::npos);
    EXPECT_TRUE(fs::exists(folder / "mine/thesis.txt"));
}

TEST_F(ExportTool, AFullDiskLeavesNothing) {
    for (const int nth : {1, 4, 7}) {
        int writes = 0;
        setWriteFaultForTesting([&](const char* call) {
            return std::string_view(call) == "write" && ++writes == nth ? ENOSPC : 0;
        });
        const Error error = exportError(request());
        setWriteFaultForTesting(nullptr);
        EXPECT_EQ(error.code, ErrorCode::NoSpace) << error.message;
        EXPECT_FALSE(fs::exists(folder / "out"));
    }
}

TEST_F(ExportTool, CancelledLeavesNothing) {
    for (const ExportFormat format :
         {ExportFormat::Hf, ExportFormat::HfDense, ExportFormat::Gguf}) {
        std::stop_source stop;
        stop.request_stop();
        RunContext context;
        context.stop = stop.get_token();
        const auto record = exportModel(request(format), context);
        ASSERT_TRUE(record) << record.error().message;
        EXPECT_FALSE(*record);
        EXPECT_FALSE(fs::exists(folder / "out"));
        EXPECT_FALSE(fs::exists(folder / "out.partial"));
    }
}

TEST_F(ExportTool, RefusesWhatAFormatLacks) {
    ExportRequest wrong = request();
    wrong.type = ExportType::Q8_0;
    EXPECT_EQ(exportError(wrong).code, ErrorCode::InvalidInput);
    wrong = request();
    wrong.model.path = "run:3";
    EXPECT_NE(exportError(wrong).message.find("workspace"), std::string::npos);
    wrong = request();
    wrong.out = "";
    EXPECT_EQ(exportError(wrong).code, ErrorCode::InvalidInput);
}

/// --for: the family's own classes where they have a place for everything, the modelling file where
/// they have not; what that costs is said.
TEST_F(ExportTool, AProgramChoosesTheFormat) {
    const auto exportedFor = [&](const fs::path& model, ExportTarget target) {
        ExportRequest r = request();
        r.model.path = model.string();
        r.target = target;
        r.type = ExportType::F32;
        r.replace = true;
        const auto record = exportModel(r, {});
        EXPECT_TRUE(record && *record) << (record ? "cancelled" : record.error().message);
        return record && *record ? **record : Json();
    };
    exported(source, ExportFormat::HfDense, ExportType::F32, folder / "cut");
    const auto dense = loadModel(source, {at::kFloat, at::kCPU});
    ASSERT_TRUE(dense);
    writePrunedFolder(factoredAndMasked(dense->decoder, 6), folder / "cut");
    fs::path cut = folder / "cut";
    for (const ExportTarget target :
         {ExportTarget::Transformers, ExportTarget::Vllm, ExportTarget::LlamaCpp}) {
        const bool gguf = target == ExportTarget::LlamaCpp;
        const Json plain = exportedFor(source, target), record = exportedFor(cut, target);
        EXPECT_EQ(plain["format"], gguf ? "gguf" : "hf-dense");
        EXPECT_EQ(plain["gain"], "");
        EXPECT_EQ(plain["pruned"], false);
        EXPECT_EQ(record["format"], gguf ? "gguf" : "hf");
        EXPECT_EQ(record["for"], enumName(target));
        EXPECT_EQ(record["pruned"], true);
        EXPECT_NE(record["gain"].get<std::string>().find(gguf ? "multiplied out" : "as they are"),
                  std::string::npos);
    }
    ExportRequest wrong = request();
    wrong.target = ExportTarget::Vllm;
    wrong.type = ExportType::Q8_0;
    wrong.out = folder / "other";
    EXPECT_EQ(exportError(wrong).code, ErrorCode::InvalidInput);
}

TEST_F(ExportTool, AGgufFileBecomesAFolderAndAFileAgain) {
    // llama-tied: a rotation that a GGUF file says in words, not as a table.
    const fs::path plain = exportSource(folder, "llama-tied");
    const Json first = exported(plain, ExportFormat::Gguf, ExportType::F32, folder / "gguf");
    const fs::path file = folder / "gguf" / first["model"].get<std::string>();
    exported(file, ExportFormat::HfDense, ExportType::F32, folder / "hf");
    EXPECT_LT(relativeError(logitsOf(folder / "hf"), logitsOf(plain)), 1e-5);
    const Json config = *parseJson(*readFile(folder / "hf/tokenizer_config.json"));
    EXPECT_EQ(config["eos_token"], "<|end|>");
    EXPECT_EQ(config["chat_template"], "{{ messages[0].content }}");
    EXPECT_EQ((*parseJson(*readFile(folder / "hf/generation_config.json")))["eos_token_id"], 95);
    const Json second = exported(file, ExportFormat::Gguf, ExportType::F32, folder / "again");
    EXPECT_TRUE(
        at::equal(logitsOf(folder / "again" / second["model"].get<std::string>()), logitsOf(file)));
}

TEST_F(ExportTool, AnExportIsAModelToGoOnFrom) {
    exported(source, ExportFormat::Hf, ExportType::F32, folder / "one");
    exported(folder / "one", ExportFormat::HfDense, ExportType::F32, folder / "two");
    EXPECT_TRUE(at::equal(logitsOf(folder / "two"), logitsOf(source)));
}

}  // namespace
}  // namespace skd::test
