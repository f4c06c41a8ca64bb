#include "prune/svd/statistics.h"

#include <c10/core/GradMode.h>

#include <algorithm>

namespace skd {
namespace {

/// A sequence on its way through the model, and what is wanted of it.
struct StatisticsStep {
    at::Tensor ids;  ///< [length]
    bool inputs = false, outputs = false;
};

std::vector<StatisticsStep> stepsOf(const StatisticsPlan& plan) {
    static const CalibrationSet kNothing;
    const auto& inputs = (plan.inputs != nullptr ? *plan.inputs : kNothing).sequences;
    const auto& outputs = (plan.outputs != nullptr ? *plan.outputs : kNothing).sequences;
    std::vector<StatisticsStep> steps;
    for (std::size_t i = 0; i < std::max(inputs.size(), outputs.size()); ++i) {
        const bool in = i < inputs.size(), out = i < outputs.size();
        if (in && out && at::equal(inputs[i], outputs[i])) {
            steps.push_back({inputs[i], true, true});
            continue;
        }
        if (in) steps.push_back({inputs[i], true, false});
        if (out) steps.push_back({outputs[i], false, true});
    }
    return steps;
}

class StatisticsPass {
public:
    StatisticsPass(const Decoder& model, const StatisticsPlan& plan, const RunContext& context)
        : m_model(model),
          m_grams(model.layers.size(), plan.gram, skipsFirst(plan.inputs)),
          m_fisher(model, plan.fisher, context.seed, skipsFirst(plan.outputs)) {}

    void add(const StatisticsStep& step) {
        m_model.inputObserver = m_model.outputObserver = {};
        if (step.inputs)
            m_model.inputObserver = [this](std::size_t layer, MatrixKind kind,
                                           const at::Tensor& input) {
                m_grams.add(layer, kind, input);
            };
        if (step.outputs)
            m_model.outputObserver = [this](std::size_t layer, MatrixKind kind,
                                            const at::Tensor& output) {
                m_fisher.watch(layer, kind, output);
            };
        const c10::AutoGradMode gradient(step.outputs);
        const std::size_t end = step.outputs ? m_model.layers.size() : m_grams.end();
        const at::Tensor ids = step.ids.to(m_model.device()).unsqueeze(0);
        const at::Tensor stream = m_model.runLayers(m_model.embed(ids).detach(), 0, end);
        if (step.outputs) m_fisher.backPropagate(m_model.normalise(stream), m_model.head);
    }

    Result<Statistics> finish(const StatisticsPlan& plan) {
        Statistics made;
        if (plan.inputs != nullptr) {
            SKD_TRY(made.grams, m_grams.takeMeans(plan.inputs->tokens()));
        }
        if (plan.outputs != nullptr) {
            SKD_TRY(made.fisher, m_fisher.takeMeans());
        }
        return made;
    }

private:
    static bool skipsFirst(const CalibrationSet* set) {
        return set != nullptr && set->skipFirstPosition;
    }

    Decoder m_model;  ///< shares the weights
    GramSums m_grams;
    FisherSums m_fisher;
};

}  // namespace

Result<Statistics> collectStatistics(const Decoder& model, const StatisticsPlan& plan,
                                     const RunContext& context) {
    const std::vector<StatisticsStep> steps = stepsOf(plan);
    std::int64_t tokens = 0;
    for (const StatisticsStep& step : steps) tokens += step.ids.size(0);
    ProgressMeter meter(context, Stage::Calibrate, tokens, "tokens");
    StatisticsPass pass(model, plan, context);
    for (const StatisticsStep& step : steps) {
        if (context.cancelled()) return Statistics{{}, {}, true};
        pass.add(step);
        meter.advance(step.ids.size(0));
    }
    return pass.finish(plan);
}

Result<std::vector<LayerGram>> collectGrams(const Decoder& model, const CalibrationSet& set,
                                            const RunContext& context, const GramOptions& options) {
    SKD_TRY(Statistics made, collectStatistics(model, {&set, options, nullptr, {}}, context));
    return std::move(made.grams);
}

Result<std::vector<at::Tensor>> collectOutputFisher(const Decoder& model, const CalibrationSet& set,
                                                    const FisherOptions& options,
                                                    const RunContext& context) {
    SKD_TRY(Statistics made, collectStatistics(model, {nullptr, {}, &set, options}, context));
    return std::move(made.fisher);
}

}  // namespace skd
