#include <gtest/gtest.h>

#include <cmath>

#include "base/files.h"
#include "core/prune/direct_fixture.h"
#include "core/requests/export/bench_export_fixture.h"
#include "exchange/foreign_runs.h"
#include "exchange/tensorboard_file.h"

namespace skd::test {
namespace {

constexpr const char* kFamilies[] = {"llama",   "llama-tied", "qwen2", "qwen3",
                                     "mistral", "phi3",       "gemma3"};

TEST_F(BenchExport, TransformersGivesOurLogitsForEveryFamily) {
    for (const std::string family : kFamilies) {
        const fs::path source = exportSource(folder, family);
        const Decoder dense = load(source), changed = factoredAndMasked(dense, 6);
        exported(source, ExportFormat::Hf, ExportType::F32, folder / (family + "-hf"));
        add(family + "-hf", folder / (family + "-hf"), dense);
        const fs::path pruned = prunedWithTokenizer(changed, source, family + "-pruned");
        add(family + "-pruned", pruned, changed);
        exported(pruned, ExportFormat::HfDense, ExportType::F32, folder / (family + "-dense"));
        add(family + "-dense", folder / (family + "-dense"), changed);
    }
    const Json result = compare();
    EXPECT_EQ(result[(folder / "gemma3-pruned").string()]["class"], "SparseKDGemma3ForCausalLM");
    EXPECT_EQ(result[(folder / "gemma3-dense").string()]["class"], "Gemma3ForCausalLM");
}

TEST_F(BenchExport, TransformersGivesOurLogitsForEveryPruner) {
    const Decoder dense = tinyDecoder(4, {.layers = 4});
    for (const PruneMethod method : {PruneMethod::LlmPruner, PruneMethod::ShortGpt,
                                     PruneMethod::SliceGpt, PruneMethod::Wanda}) {
        const std::string name = enumName(method);
        const Decoder model = pruned(dense, pruneSpec(method, 0.25), tinyCalibration()).model;
        writePrunedFolder(model, folder / name);
        add(name, folder / name, model);
    }
    Decoder uneven = dense.clone();
    Mlp& mlp = uneven.layers[2].mlp;
    for (Linear* linear : {&mlp.gate, &mlp.up})
        linear->replace(DenseWeight{linear->weight().narrow(0, 0, 40).contiguous()});
    mlp.down.replace(DenseWeight{mlp.down.weight().narrow(1, 0, 40).contiguous()});
    uneven.layers[2].config.intermediateSize = 40;
    writePrunedFolder(uneven, folder / "uneven");
    add("uneven", folder / "uneven", uneven);
    Decoder fused = dense.clone();
    ASSERT_TRUE(fused.fuseGateUp());
    for (DecoderLayer& layer : fused.layers) {
        const auto [u, s, v] = at::svd(layer.mlp.gateUp.weight());
        layer.mlp.gateUp.replace(
            LowRankWeight{(u.narrow(1, 0, 16) * s.narrow(0, 0, 16)).contiguous(),
                          v.narrow(1, 0, 16).t().contiguous()});
    }
    writePrunedFolder(fused, folder / "fused");
    add("fused", folder / "fused", fused);
    compare();
}

TEST_F(BenchExport, LlamaCppGivesOurTokensForEveryFamily) {
    Json list = Json::array();
    std::vector<std::vector<TokenId>> ours;
    for (const std::string family : kFamilies) {
        Json changes = Json::object();
        if (family == "qwen2") changes = {{"use_sliding_window", false}, {"layer_types", nullptr}};
        if (family == "gemma3") changes = {{"query_pre_attn_scalar", 12}};
        // llama.cpp sees everything in models of the architectures llama and phi3.
        if (family == "mistral") changes = {{"sliding_window", nullptr}};
        // llama.cpp takes longrope's long factors by the size of its context, transformers by the
        // length of the text.
        if (family == "phi3") {
            const Json factors{1.5, 2.0, 4.0};
            changes = {{"rope_parameters",
                        {{"rope_type", "longrope"},
                         {"rope_theta", 10000.0},
                         {"partial_rotary_factor", 0.75},
                         {"original_max_position_embeddings", 16},
                         {"short_factor", factors},
                         {"long_factor", factors}}}};
        }
        fs::path source = exportSource(folder, family, changes);
        if (family ==
            "phi3") {  // by this name llama.cpp expects tokens in the vocabulary that ours has not
            fs::rename(source, folder / "tiny");
            source = folder / "tiny";
        }
        const Decoder model = load(source);
        const Json record =
            exported(source, ExportFormat::Gguf, ExportType::F32, folder / (family + "-gguf"));
        const std::vector<TokenId> ids{5, 17, 40, 71, 3, 60, 22};
        list.push_back(
            {{"model", (folder / (family + "-gguf") / record["model"].get<std::string>()).string()},
             {"ids", ids},
             {"tokens", 8}});
        ours.push_back(greedy(model, ids, 8, 95));
    }
    const Json result = runLlama(list);
    ASSERT_EQ(result.size(), ours.size());
    for (std::size_t i = 0; i < ours.size(); ++i)
        EXPECT_EQ(result[i]["next"], Json(ours[i])) << kFamilies[i];
}

/// SmolLM2 with its MLPs at rank 300 of 576: out by all three formats.
TEST_F(BenchExport, SmolLm2InTransformersAndLlamaCpp) {
    const fs::path source = SKD_SOURCE_DIR "/.deps/models/SmolLM2-135M-Instruct.gguf";
    if (!fs::exists(source)) GTEST_SKIP() << "the model is not there; packaging/setup gets it";
    Decoder model = load(source);
    for (Linear* linear : model.matrices()) {
        const auto [u, s, v] = at::svd(linear->weight());
        linear->replace(LowRankWeight{(u.narrow(1, 0, 300) * s.narrow(0, 0, 300)).contiguous(),
                                      v.narrow(1, 0, 300).t().contiguous()});
    }
    const std::string text = "The capital of France is";
    const fs::path pruned = prunedWithTokenizer(model, source, "smollm2");
    const auto tokenizer = openTokenizer(source);
    const std::vector<TokenId> ids = *(*tokenizer)->encode(text);
    add("smollm2", pruned, model, text);
    exported(pruned, ExportFormat::HfDense, ExportType::F32, folder / "dense");
    add("dense", folder / "dense", model, text);
    const Json result = compare();
    for (const fs::path& one : {pruned, fs::path(folder / "dense")})
        EXPECT_EQ(result[one.string()]["tokens"], Json(ids));
    Json list = Json::array();
    std::vector<std::vector<TokenId>> ours;
    const auto compareIn = [&](const fs::path& from, const Decoder& decoder,
                               const std::string& name) {
        const Json record = exported(from, ExportFormat::Gguf, ExportType::F32, folder / name);
        for (const std::string& prompt : {text, std::string("def fibonacci(n):\n    "),
                                          std::string("Once upon a time, in 1984,")}) {
            const std::vector<TokenId> promptIds = *(*tokenizer)->encode(prompt);
            list.push_back(
                {{"model", (folder / name / record["model"].get<std::string>()).string()},
                 {"text", prompt},
                 {"ids", promptIds},
                 {"tokens", 32}});
            ours.push_back(greedy(decoder, promptIds, 32, *(*tokenizer)->eos()));
        }
    };
    compareIn(pruned, model, "gguf");
    compareIn(source, load(source), "gguf-dense");
    const Json llama = runLlama(list);
    ASSERT_EQ(llama.size(), ours.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
        EXPECT_EQ(llama[i]["next"], Json(ours[i])) << list[i]["text"];
        EXPECT_EQ(llama[i]["ids"], list[i]["ids"]) << list[i]["text"];
        std::cout << (*tokenizer)->decode(ours[i]) << "\n";
    }
}

TEST_F(BenchExport, TensorBoardReadsAndWritesWhatWeDo) {
    std::string interpreter = given("SKD_TENSORBOARD_PYTHON");
    if (interpreter.empty()) {
        const std::string venv = SKD_BUILD_DIR "/tensorboard";
        if (!fs::exists(venv + "/complete")) {
            ASSERT_EQ(shell(strCat("python3 -m venv '", venv, "' && '", venv,
                                   "/bin/pip' install -q tensorboard 'setuptools<81' && touch '",
                                   venv, "/complete'")),
                      0);
        }
        interpreter = venv + "/bin/python";
    }
    const std::vector<MetricRow> rows{{"kd.ce", 0, 2.5, 1'700'000'000'000},
                                      {"ppl.live", 0, 31.25, 1'700'000'000'500},
                                      {"kd.ce", 300, -1e-3, 1'700'000'001'000}};
    ASSERT_TRUE(writeFileAtomically(folder / "events.out.tfevents.1.sparsekd",
                                    tensorboardFile(rows, 1'700'000'000'000)));
    const std::string script =
        SKD_SOURCE_DIR "/tests/core/requests/export/bench_export_tensorboard.py";
    ASSERT_EQ(shell(strCat("cd '", folder.path().string(), "' && '", interpreter, "' ", script,
                           " events.out.tfevents.1.sparsekd theirs > tb.json 2> tb.err")),
              0)
        << readFile(folder / "tb.err").value_or("");
    const Json read = *parseJson(*readFile(folder / "tb.json"));
    ASSERT_EQ(read.size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(read[i][0], rows[i].name);
        EXPECT_EQ(read[i][1], rows[i].step);
        EXPECT_EQ(read[i][2].get<double>(), static_cast<float>(rows[i].value));
        EXPECT_EQ(read[i][3].get<double>(), static_cast<double>(rows[i].timeMs) / 1000);
    }
    const auto runs = readTensorboardRuns(folder / "theirs");
    ASSERT_TRUE(runs) << runs.error().message;
    ASSERT_EQ(runs->runs.front().metrics.size(), 6u);
    for (std::size_t i = 0; i < 6; ++i) {
        const MetricRow& row = runs->runs.front().metrics[i];
        EXPECT_EQ(row.name, i % 2 == 0 ? "old" : "new");
        EXPECT_EQ(row.step, static_cast<std::int64_t>(10 * (i / 2)));
        EXPECT_EQ(row.value, std::floor(static_cast<double>(i) / 2) * (i % 2 == 0 ? 0.5 : 1));
    }
}

}  // namespace
}  // namespace skd::test
