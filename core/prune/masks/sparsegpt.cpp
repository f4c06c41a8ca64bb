#include "prune/masks/sparsegpt.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include "base/text.h"
#include "prune/shared/gram.h"

namespace skd {
namespace {

constexpr std::int64_t kBlockColumns = 128;
constexpr double kDamping = 0.01;

/// Upper triangular U with H^-1 = U^T U, f32.
Result<at::Tensor> inverseFactor(const at::Tensor& gram, const std::string& name) {
    at::Tensor h = gram.clone();
    const double mean = h.diagonal().mean().item<double>();
    // Without any input every weight is worth the same.
    h.diagonal().add_(mean > 0 ? kDamping * mean : 1.0);
    const auto [lower, failed] = at::linalg_cholesky_ex(h);
    const auto [upper, failedInverse] =
        at::linalg_cholesky_ex(at::cholesky_inverse(lower), /*upper=*/true);
    const bool finite = at::isfinite(upper).all().item<bool>();
    if (failed.item<int>() != 0 || failedInverse.item<int>() != 0 || !finite)
        return fail(ErrorCode::Numeric,
                    strCat("the Hessian of ", name,
                           " is not positive definite on the calibration text; raise "
                           "prune.calibration_tokens, or lock the matrix"));
    return upper.to(at::kFloat).contiguous();
}

/// Columns [begin, end) of a matrix under work.
struct Block {
    std::int64_t begin = 0, end = 0;
    [[nodiscard]] std::int64_t width() const { return end - begin; }
};

class Solver {
public:
    Solver(const at::Tensor& weight, at::Tensor factor, at::Tensor present, const MaskRule& rule)
        : m_weight(weight.to(at::kCPU, at::kFloat).clone().contiguous()),
          m_factor(std::move(factor)),
          m_present(std::move(present)),
          m_rule(rule),
          m_mask(at::ones(m_weight.sizes(), at::kBool)) {
        if (m_present.defined()) m_present = m_present.to(at::kCPU).contiguous();
    }

    SparseGptResult solve() {
        const std::int64_t columns = m_weight.size(1);
        // No group of n:m may lie across blocks.
        const std::int64_t step =
            m_rule.pattern ? kBlockColumns / m_rule.pattern->group * m_rule.pattern->group
                           : kBlockColumns;
        for (std::int64_t begin = 0; begin < columns; begin += step) {
            const Block block{begin, std::min(begin + step, columns)};
            if (!m_rule.pattern) chooseBlock(block);
            const at::Tensor errors = compensate(block);
            if (block.end < columns)
                m_weight.narrow(1, block.end, columns - block.end)
                    .sub_(at::mm(errors, m_factor.narrow(0, begin, block.width())
                                             .narrow(1, block.end, columns - block.end)));
        }
        return {m_weight, m_mask};
    }

private:
    /// Scores w^2 / U_jj^2 of some columns, all rows.
    at::Tensor scores(const Block& block) const {
        const at::Tensor diagonal = m_factor.diagonal().narrow(0, block.begin, block.width());
        return (m_weight.narrow(1, block.begin, block.width()) / diagonal).square();
    }
    void chooseBlock(const Block& block) {
        const at::Tensor present =
            m_present.defined() ? m_present.narrow(1, block.begin, block.width()) : at::Tensor();
        m_mask.narrow(1, block.begin, block.width())
            .copy_(chooseMask(scores(block), present, m_rule, MaskScope::Matrix));
    }

    /// Removes masked weights of a block, column by column; what is right of each one in the block
    /// takes over its error. Returns the scaled errors [out, width].
    at::Tensor compensate(const Block& block) {
        at::Tensor errors = at::zeros({m_weight.size(0), block.width()}, at::kFloat);
        at::parallel_for(0, m_weight.size(0), 16, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t row = first; row < last; ++row)
                compensateRow(row, block, errors.mutable_data_ptr<float>() + row * block.width());
        });
        return errors;
    }
    void compensateRow(std::int64_t row, const Block& block, float* errors) {
        const std::int64_t columns = m_weight.size(1);
        float* weight = m_weight.mutable_data_ptr<float>() + row * columns;
        bool* mask = m_mask.mutable_data_ptr<bool>() + row * columns;
        for (std::int64_t j = block.begin; j < block.end; ++j) {
            if (m_rule.pattern && (j - block.begin) % m_rule.pattern->group == 0)
                chooseGroup(row, j);
            if (mask[j]) continue;
            const float* factor = m_factor.const_data_ptr<float>() + j * columns;
            const float error = weight[j] / factor[j];
            errors[j - block.begin] = error;
            weight[j] = 0;
            for (std::int64_t k = j + 1; k < block.end; ++k) weight[k] -= error * factor[k];
        }
    }
    /// n:m: the lowest of the group that begins at column `begin` go.
    void chooseGroup(std::int64_t row, std::int64_t begin) {
        const auto [keep, group] = *m_rule.pattern;
        const std::int64_t columns = m_weight.size(1);
        const float* weight = m_weight.const_data_ptr<float>() + row * columns;
        bool* mask = m_mask.mutable_data_ptr<bool>() + row * columns;
        std::vector<std::pair<float, std::int64_t>> ranked;
        std::int64_t gone = 0;
        for (std::int64_t j = begin; j < begin + group; ++j) {
            const bool masked =
                m_present.defined() && !m_present.const_data_ptr<bool>()[row * columns + j];
            const float scaled = weight[j] / m_factor.const_data_ptr<float>()[j * columns + j];
            ranked.emplace_back(masked ? -1.0F : scaled * scaled, j);
            if (masked) mask[j] = false, ++gone;
        }
        std::sort(ranked.begin(), ranked.end());
        for (std::int64_t i = gone; i < group - keep; ++i)
            mask[ranked[static_cast<std::size_t>(i)].second] = false;
    }

    at::Tensor m_weight, m_factor, m_present;
    const MaskRule& m_rule;
    at::Tensor m_mask;
};

}  // namespace

Result<SparseGptResult> sparseGpt(const at::Tensor& weight, const at::Tensor& gram,
                                  const at::Tensor& present, const MaskRule& rule,
                                  const std::string& name) {
    const c10::NoGradGuard noGradient;
    SKD_CHECK(checkActivations(gram, strCat("the inputs of ", name, " are")));
    SKD_TRY(at::Tensor factor, inverseFactor(gram, name));
    return Solver(weight, std::move(factor), present, rule).solve();
}

}  // namespace skd
