#include <c10/core/GradMode.h>

#include <cmath>

#include "base/text.h"
#include "bench/rows/rows.h"
#include "model/identity_block.h"

namespace skd::bench {
namespace {

enum class Shape { Factored, IdentityBlock, Stacked, Narrow };

/// A linear map in one form against the dense ones that it stands for, as many copies as a model
/// has layers, so that one row of input finds no weight in a cache. The shape is SmolLM2-135M's
/// gate.
class LinearRow final : public Row {
public:
    LinearRow(Shape shape, std::int64_t rows) : m_shape(shape), m_inputRows(rows) {}

    Status prepare(World& world) override {
        const c10::NoGradGuard noGradient;
        const std::int64_t out = world.size(1536, 96), in = world.size(576, 48);
        m_repeats = m_inputRows == 1 ? world.size(20, 1) : 1;
        m_input = at::randn({m_inputRows, in}).to(world.arithmetic());
        const Linear::Form form = formOf(out, in, world.held());
        for (std::int64_t i = 0; i < world.size(30, 2); ++i) {
            for (int half = 0; half < (m_shape == Shape::Stacked ? 2 : 1); ++half)
                m_dense.emplace_back("dense", random(out, in, world.held()));
            m_ours.emplace_back("ours", copyOf(form));
        }
        return {};
    }
    Status ours() override { return runAll(m_ours); }
    Status reference() override { return runAll(m_dense); }
    /// The dense one's time by the ratio of their multiplications.
    [[nodiscard]] Work work() const override {
        return {.units = static_cast<double>(m_repeats * m_inputRows) *
                         static_cast<double>(m_ours.size()),
                .bound = BoundKind::Reference,
                .amount = flopRatio()};
    }
    [[nodiscard]] Json details() const override {
        return {{"flop_ratio", flopRatio()},
                {"rank", m_ours.front().rank()},
                {"input_rows", m_inputRows}};
    }

private:
    static DenseWeight random(std::int64_t out, std::int64_t in, at::ScalarType type) {
        return {(at::randn({out, in}) * 0.03).to(type)};
    }
    [[nodiscard]] Linear::Form formOf(std::int64_t out, std::int64_t in,
                                      at::ScalarType type) const {
        const std::int64_t rank = in * 208 / 576;
        if (m_shape == Shape::Stacked) return random(2 * out, in, type);
        if (m_shape == Shape::Narrow) return random(out * 2 / 3, in, type);
        const at::Tensor a = at::randn({out, rank}) * 0.1, b = at::randn({rank, in}) * 0.1;
        if (m_shape == Shape::Factored) return LowRankWeight{a.to(type), b.to(type)};
        const IdentityBlockWeight block = identityBlock(a, b).weight;
        return IdentityBlockWeight{block.c.to(type), block.b.to(type), block.order};
    }
    /// With tensors of its own.
    static Linear::Form copyOf(const Linear::Form& form) {
        Linear copy("copy", form);
        copy.visitParameters(
            [](const std::string&, at::Tensor& tensor) { tensor = tensor.clone(); });
        return copy.form();
    }
    Status runAll(const std::vector<Linear>& linears) const {
        const c10::NoGradGuard noGradient;
        for (std::int64_t i = 0; i < m_repeats; ++i)
            for (const Linear& linear : linears) static_cast<void>(linear.forward(m_input));
        return {};
    }
    [[nodiscard]] double flopRatio() const {
        const auto total = [](const std::vector<Linear>& linears) {
            double sum = 0;
            for (const Linear& linear : linears) sum += static_cast<double>(linear.multiplyAdds());
            return sum;
        };
        return total(m_ours) / total(m_dense);
    }

    Shape m_shape;
    std::int64_t m_inputRows, m_repeats = 1;
    at::Tensor m_input;
    std::vector<Linear> m_ours, m_dense;
};

RowEntry linearRow(Shape shape, const char* name, std::int64_t inputRows) {
    const bool factored = shape == Shape::Factored && inputRows >= 512;
    return {strCat("linear-", name, "-", inputRows),
            strCat("30 linear maps 1536 x 576, ", name, ", ", inputRows,
                   inputRows == 1 ? " row of input" : " rows of input"),
            "rows",
            "the dense matrices",
            "the dense ones' time by the ratio of FLOPs",
            {.share = factored ? 0.93 : 0.9},
            false,
            rowOf<LinearRow>(shape, inputRows)};
}

}  // namespace

std::vector<RowEntry> linearRows() {
    std::vector<RowEntry> rows;
    for (const auto& [shape, name] : std::initializer_list<std::pair<Shape, const char*>>{
             {Shape::Factored, "factored"},
             {Shape::IdentityBlock, "identity-block"},
             {Shape::Stacked, "stacked"},
             {Shape::Narrow, "narrow"}})
        for (const std::int64_t inputRows : {512, 1})
            rows.push_back(linearRow(shape, name, inputRows));
    return rows;
}

}  // namespace skd::bench
