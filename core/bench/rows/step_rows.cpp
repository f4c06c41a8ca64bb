#include "base/text.h"
#include "bench/flops.h"
#include "bench/plain_decoder.h"
#include "bench/rows/rows.h"
#include "bench/student.h"

namespace skd::bench {
namespace {

/// A whole KD step, AdamW included.
class StepRow final : public Row {
public:
    explicit StepRow(std::int64_t samples) { m_shape.samples = samples; }

    Status prepare(World& world) override {
        SKD_TRY(const OpenModel* open, world.model());
        m_shape.length = world.size(m_shape.length, 16);
        m_shape.topK = world.size(m_shape.topK, 4);
        SKD_TRY(std::vector<TokenId> ids, world.ids(m_shape.ids()));
        SKD_TRY(m_student,
                Student::make(open->decoder, std::move(ids), m_shape, world.freshPath("teacher")));
        SKD_TRY(m_plain, PlainTrainer::of(open->decoder));
        SKD_TRY(m_teacher, m_student->teacherRows());
        m_inputs = m_student->inputs();
        m_labels = m_student->labels();
        return {};
    }
    Status ours() override {
        SKD_TRY(m_loss, m_student->step());
        return {};
    }
    Status reference() override {
        m_plain->step(m_inputs, m_labels, m_teacher);
        return {};
    }
    [[nodiscard]] Work work() const override {
        return {.units = static_cast<double>(m_shape.positions()),
                .amount = stepFlops(m_student->model(), m_shape.samples, m_shape.length)};
    }
    [[nodiscard]] Json details() const override {
        return {{"ce", m_loss.ce}, {"kl", m_loss.kl}, {"top_k", m_shape.topK}};
    }

private:
    StepShape m_shape;
    std::unique_ptr<Student> m_student;
    std::optional<PlainTrainer> m_plain;
    TeacherRows m_teacher;
    at::Tensor m_inputs, m_labels;
    WindowLoss m_loss;
};

}  // namespace

std::vector<RowEntry> stepRows() {
    std::vector<RowEntry> rows;
    for (const std::int64_t samples : {1, 4, 8})
        rows.push_back({strCat("kd-step-", samples, "x256"),
                        strCat("KD step, ", samples, " x 256 tokens, k = 32, AdamW included"),
                        "tokens",
                        "autograd in LibTorch's operators, one batch, ATen's fused AdamW",
                        "GEMM probe: 3 x the forward pass' products",
                        {.share = 0.75, .elsewhere = "1.8 x PyTorch's loop (compare.py step)"},
                        true,
                        rowOf<StepRow>(samples)});
    return rows;
}

}  // namespace skd::bench
