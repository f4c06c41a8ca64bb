#include <c10/core/GradMode.h>

#include "bench/flops.h"
#include "bench/rows/rows.h"
#include "eval/perplexity.h"
#include "eval/window_scoring.h"
#include "model/head_scoring.h"

namespace skd::bench {
namespace {

/// A layer's down projection changes; the text is scored again from the states that were kept
/// before that layer. Some layers that lie evenly in [from, 1) of the model.
class LayerChangeRow final : public Row {
public:
    explicit LayerChangeRow(double from) : m_from(from) {}

    Status prepare(World& world) override {
        const c10::NoGradGuard noGradient;
        SKD_TRY(const OpenModel* open, world.model());
        m_model = &open->decoder;
        m_window = std::min(world.size(512, 32), m_model->config.maxPositions);
        SKD_TRY(m_text.ids, world.ids(kWindows * m_window));
        m_settings.context = m_settings.stride = m_window;
        SKD_TRY(m_windows, cutWindows(m_text, m_settings));
        for (const Window& window : m_windows) {
            SKD_TRY(WindowInput input,
                    windowInput(m_text, window, m_settings, m_model->config.vocabularySize));
            std::vector<at::Tensor> states{m_model->embed(input.ids.unsqueeze(0))};
            for (std::size_t i = 0; i + 1 < m_model->layers.size(); ++i)
                states.push_back(m_model->runLayers(states.back(), i, i + 1));
            m_inputs.push_back(std::move(input));
            m_states.push_back(std::move(states));
        }
        return {};
    }
    Status ours() override {
        const c10::NoGradGuard noGradient;
        m_ours.clear();
        for (const std::size_t layer : changedLayers()) {
            const Decoder changed = changedAt(layer);
            double sum = 0;
            for (std::size_t w = 0; w < m_inputs.size(); ++w) {
                const WindowInput& input = m_inputs[w];
                const at::Tensor hidden =
                    changed.runLayers(m_states[w][layer], layer, changed.layers.size())[0];
                const at::Tensor rows =
                    changed.normalise(hidden.narrow(0, input.firstRow, input.labels.size(0)));
                sum += scoreTokens(rows, changed.head, input.labels).sum().item<double>();
            }
            m_ours.push_back(sum);
        }
        return {};
    }
    Status reference() override {
        m_reference.clear();
        for (const std::size_t layer : changedLayers()) {
            SKD_TRY(const EvalReport report, perplexity(changedAt(layer), m_text, m_settings, {}));
            m_reference.push_back(report.nllSum);
        }
        return {};
    }
    [[nodiscard]] Work work() const override {
        Work work{.units = static_cast<double>(changedLayers().size())};
        for (const std::size_t layer : changedLayers())
            work.amount +=
                kWindows * (layerFlops(*m_model, m_window, layer, m_model->layers.size()) +
                            headFlops(*m_model, m_window - 1));
        return work;
    }
    [[nodiscard]] Json details() const override {
        return {{"layers", changedLayers()}, {"nll", m_ours}, {"bit_equal", agrees()}};
    }
    [[nodiscard]] bool agrees() const override { return m_ours == m_reference; }

private:
    static constexpr std::int64_t kWindows = 4;

    [[nodiscard]] std::vector<std::size_t> changedLayers() const {
        const auto layers = static_cast<double>(m_model->layers.size());
        constexpr int kCount = 4;
        std::vector<std::size_t> chosen;
        for (int i = 0; i < kCount; ++i)
            chosen.push_back(
                static_cast<std::size_t>(layers * (m_from + (1 - m_from) * (i + 0.5) / kCount)));
        return chosen;
    }
    [[nodiscard]] Decoder changedAt(std::size_t layer) const {
        Decoder changed = *m_model;
        Linear& down = changed.layers[layer].mlp.down;
        down.replace(DenseWeight{down.weight() * 0.5});
        return changed;
    }

    double m_from;
    const Decoder* m_model = nullptr;
    std::int64_t m_window = 0;
    EvalText m_text;
    EvalSettings m_settings;
    std::vector<Window> m_windows;
    std::vector<WindowInput> m_inputs;
    std::vector<std::vector<at::Tensor>> m_states;  ///< [window][layer]
    std::vector<double> m_ours, m_reference;
};

}  // namespace

std::vector<RowEntry> layerChangeRows() {
    const char* bound = "GEMM probe: the layers from the changed one on";
    return {{"one-layer",
             "one layer changed -> new perplexity, 2,048 tokens, 4 layers",
             "layers",
             "full evaluation",
             bound,
             {.ratio = 2},
             true,
             rowOf<LayerChangeRow>(0.0)},
            {"one-layer-last",
             "the same of layers in the last quarter",
             "layers",
             "full evaluation",
             bound,
             {.ratio = 4},
             true,
             rowOf<LayerChangeRow>(0.75)}};
}

}  // namespace skd::bench
