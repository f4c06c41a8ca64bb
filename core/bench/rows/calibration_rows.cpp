#include <c10/core/GradMode.h>

#include "bench/flops.h"
#include "bench/plain_decoder.h"
#include "bench/rows/rows.h"
#include "distill/teacher_cache.h"
#include "prune/svd/statistics.h"

namespace skd::bench {
namespace {

enum class Pass { Grams, Fisher, Teacher, All };

/// Passes over a corpus for what the same model says of it: one for all statistics, one for the
/// teacher's probabilities, which a run keeps for its whole training corpus.
class CalibrationRow final : public Row {
public:
    explicit CalibrationRow(Pass pass) : m_pass(pass) {}

    Status prepare(World& world) override {
        SKD_TRY(const OpenModel* open, world.model());
        m_world = &world;
        m_model = &open->decoder;
        m_length = std::min(world.size(512, 16), m_model->config.maxPositions);
        SKD_TRY(m_corpus, world.corpus(world.size(4, 2), m_length));
        for (std::int64_t i = 0; i < m_corpus->samples(); ++i) {
            const auto sample = m_corpus->sample(i);
            m_set.sequences.push_back(
                at::tensor(std::vector<std::int64_t>(sample.begin(), sample.end()), at::kLong));
        }
        SKD_TRY(m_plain, PlainDecoder::of(*m_model));
        return {};
    }
    Status ours() override {
        SKD_TRY(m_statistics, collectStatistics(*m_model,
                                                {wants(Pass::Grams) ? &m_set : nullptr,
                                                 {},
                                                 wants(Pass::Fisher) ? &m_set : nullptr,
                                                 {}},
                                                m_world->context()));
        if (!wants(Pass::Teacher)) return {};
        const TeacherCacheKey key{
            "bench", m_model->dtypeName(), "bench", m_corpus->sha256(), m_world->size(32, 4), {}};
        SKD_TRY(m_teacher, buildTeacherCache(*m_model, *m_corpus, key,
                                             m_world->freshPath("teacher"), m_world->context()));
        return {};
    }
    /// A forward pass with what the pass needs of it, in LibTorch's operators, keeping nothing.
    Status reference() override {
        const c10::NoGradGuard noGradient;
        for (const at::Tensor& ids : m_set.sequences) {
            at::Tensor hidden = m_plain->hiddenStates(ids.unsqueeze(0))[0];
            if (m_pass == Pass::Grams) continue;
            const at::Tensor logits = m_plain->logits(hidden).to(at::kFloat);
            m_sum = at::log_softmax(logits, -1).sum().item<double>();
        }
        return {};
    }
    [[nodiscard]] Work work() const override {
        const std::int64_t samples = m_corpus->samples(), tokens = samples * m_length;
        const double layers = layerFlops(*m_model, samples, m_length),
                     head = headFlops(*m_model, tokens);
        Work work{.units = static_cast<double>(tokens), .amount = layers};
        if (m_pass != Pass::Grams) work.amount += head;
        if (wants(Pass::Fisher)) work.amount += 2 * (layers + head);
        return work;
    }
    [[nodiscard]] Json details() const override { return {{"samples", m_corpus->samples()}}; }
    [[nodiscard]] bool agrees() const override {
        return (!wants(Pass::Grams) || m_statistics.grams.size() == m_model->layers.size()) &&
               (!wants(Pass::Fisher) || !m_statistics.fisher.empty()) &&
               (!wants(Pass::Teacher) || m_teacher.samples() == m_corpus->samples());
    }

private:
    [[nodiscard]] bool wants(Pass pass) const { return m_pass == pass || m_pass == Pass::All; }

    Pass m_pass;
    World* m_world = nullptr;
    const Decoder* m_model = nullptr;
    std::int64_t m_length = 0;
    std::optional<Corpus> m_corpus;
    CalibrationSet m_set;
    std::optional<PlainDecoder> m_plain;
    Statistics m_statistics;
    TeacherCache m_teacher;
    double m_sum = 0;
};

}  // namespace

std::vector<RowEntry> calibrationRows() {
    const char* plain = "a forward pass in LibTorch's operators that keeps nothing";
    return {{"grams",
             "Gram matrices of 4 x 512 tokens",
             "tokens",
             plain,
             "GEMM probe: the layers once",
             {},
             true,
             rowOf<CalibrationRow>(Pass::Grams)},
            {"fisher",
             "output gradients' second moments of 4 x 512 tokens",
             "tokens",
             plain,
             "GEMM probe: forward and backward once",
             {},
             true,
             rowOf<CalibrationRow>(Pass::Fisher)},
            {"teacher-cache",
             "32 largest probabilities of 4 x 512 tokens, on disk",
             "tokens",
             plain,
             "GEMM probe: forward once",
             {},
             true,
             rowOf<CalibrationRow>(Pass::Teacher)},
            {"calibration",
             "Grams, Fisher and teacher cache of the same 4 x 512 tokens",
             "tokens",
             plain,
             "GEMM probe: forward and backward once for all three",
             {.share = 0.70},
             true,
             rowOf<CalibrationRow>(Pass::All)}};
}

}  // namespace skd::bench
