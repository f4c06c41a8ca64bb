#include "prune/shared/prune_report.h"

#include <algorithm>

#include "base/text.h"

namespace skd {
namespace {

double removed(std::int64_t left, std::int64_t dense) {
    return dense > 0 ? 1 - static_cast<double>(left) / static_cast<double>(dense) : 0;
}

/// Bytes of a model's tensors as held, permutations included; masked zeros take their place like
/// other weights.
std::int64_t bytesOf(const Decoder& model) {
    Decoder walk = model;
    std::int64_t bytes = 0;
    walk.visitParameters([&](const std::string&, at::Tensor& tensor) {
        bytes += static_cast<std::int64_t>(tensor.nbytes());
    });
    for (const Linear* linear : walk.matrices(kAllMatrices)) bytes += linear->orderBytes();
    return bytes;
}

}  // namespace

MatrixSelection selectionOf(PruneTargets targets) {
    return {targets != PruneTargets::Attention, targets != PruneTargets::Mlp};
}

DenseReference denseReference(const Decoder& dense, const PruneSpec& spec) {
    const MatrixSelection selection = selectionOf(spec.targets);
    return {selection,
            dense.parameterCount(selection),
            dense.mlpParameterCount(),
            dense.parameterCount(MatrixSelection{false, true}),
            dense.parameterCount(),
            static_cast<std::int64_t>(dense.layers.size()),
            dense.config.hiddenSize,
            bytesOf(dense)};
}

Json DenseReference::toJson() const {
    return {{"mlp_parameters", mlpParameters}, {"attention_parameters", attentionParameters},
            {"parameters", parameters},        {"layers", layers},
            {"hidden_size", hiddenSize},       {"bytes", bytes}};
}

std::optional<DenseReference> DenseReference::fromJson(const Json& json, const PruneSpec& spec) {
    if (!json.is_object()) return {};
    const auto number = [&](const char* key) {
        return json.contains(key) && json[key].is_number_integer() ? json[key].get<std::int64_t>()
                                                                   : 0;
    };
    DenseReference reference{selectionOf(spec.targets), 0,
                             number("mlp_parameters"),  number("attention_parameters"),
                             number("parameters"),      number("layers"),
                             number("hidden_size"),     number("bytes")};
    reference.targetParameters =
        (reference.selection.mlp ? reference.mlpParameters : 0) +
        (reference.selection.attention ? reference.attentionParameters : 0);
    if (reference.mlpParameters <= 0 || reference.parameters <= 0 || reference.layers <= 0 ||
        reference.hiddenSize <= 0)
        return {};
    return reference;
}

PruneReport reportOf(const Decoder& pruned, const DenseReference& reference) {
    PruneReport report;
    report.parameters = pruned.parameterCount();
    report.targetRemoved =
        removed(pruned.parameterCount(reference.selection), reference.targetParameters);
    report.mlpRemoved = removed(pruned.mlpParameterCount(), reference.mlpParameters);
    report.parametersRemoved = removed(report.parameters, reference.parameters);
    report.bytesRemoved = removed(bytesOf(pruned), reference.bytes);
    Decoder walk = pruned;
    const std::vector<Linear*> matrices = walk.matrices(reference.selection);
    const bool factored = std::any_of(matrices.begin(), matrices.end(),
                                      [](const Linear* m) { return m->rank() > 0; });
    if (factored)
        for (const Linear* matrix : matrices)
            report.ranks.emplace_back(matrix->name(), matrix->rank());
    return report;
}

void warnIfOver(double removed, double target, const char* what, const RunContext& context) {
    static constexpr double kNoticed = 0.005;
    if (removed <= target + kNoticed) return;
    context.log(
        log::Level::Warning,
        strCat(formatNumber(100 * removed, 4), " % ", what, " instead of ",
               formatNumber(100 * target, 4),
               " % are removed: ranks, channels, layers and mask patterns come in whole steps"));
}

Json PruneReport::toJson() const {
    return {{"target_removed", targetRemoved},
            {"mlp_removed", mlpRemoved},
            {"parameters_removed", parametersRemoved},
            {"bytes_removed", bytesRemoved},
            {"parameters", parameters},
            {"details", details}};
}

}  // namespace skd
