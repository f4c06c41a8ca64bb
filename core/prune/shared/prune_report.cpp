#include "prune/shared/prune_report.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "model/elastic.h"

namespace skd {
namespace {

/// From how far off its target on a cut is said to be off.
constexpr double kNoticedShare = 0.005;

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

std::vector<std::int64_t> mlpWidthsOf(const Decoder& model) {
    std::vector<std::int64_t> widths;
    for (const DecoderLayer& layer : model.layers) widths.push_back(layer.mlp.down.columns());
    return widths;
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
            bytesOf(dense),
            mlpWidthsOf(dense)};
}

Json DenseReference::toJson() const {
    return {{"mlp_parameters", mlpParameters}, {"attention_parameters", attentionParameters},
            {"parameters", parameters},        {"layers", layers},
            {"hidden_size", hiddenSize},       {"bytes", bytes},
            {"mlp_widths", mlpWidths}};
}

std::optional<DenseReference> DenseReference::fromJson(const Json& json, const PruneSpec& spec) {
    if (!json.is_object()) return {};
    const auto number = [&](const char* key) {
        return memberOf(json, key).is_number_integer() ? valueOr(json, key, std::int64_t{0}) : 0;
    };
    DenseReference reference{selectionOf(spec.targets), 0,
                             number("mlp_parameters"),  number("attention_parameters"),
                             number("parameters"),      number("layers"),
                             number("hidden_size"),     number("bytes")};
    if (const auto widths = json.find("mlp_widths"); widths != json.end() && widths->is_array())
        for (const Json& width : *widths)
            reference.mlpWidths.push_back(
                width.is_number_integer() ? valueOr(width, std::int64_t{0}) : 0);
    reference.targetParameters =
        (reference.selection.mlp ? reference.mlpParameters : 0) +
        (reference.selection.attention ? reference.attentionParameters : 0);
    if (reference.mlpParameters <= 0 || reference.parameters <= 0 || reference.layers <= 0 ||
        reference.hiddenSize <= 0)
        return {};
    return reference;
}

namespace {

std::vector<std::pair<std::string, std::int64_t>> ranksOf(const Decoder& pruned,
                                                          const DenseReference& reference) {
    Decoder walk = pruned;
    const std::vector<Linear*> matrices = walk.matrices(reference.selection);
    const std::vector<MatrixInfo> infos = pruned.matrixInfos(reference.selection);
    const std::vector<std::int64_t> widths = mlpWidthsOf(pruned);
    const bool known = widths.size() == reference.mlpWidths.size();
    std::vector<std::pair<std::string, std::int64_t>> ranks;
    bool cut = false;
    std::size_t named = widths.size();  ///< the narrow layer that has its row
    for (std::size_t i = 0; i < matrices.size(); ++i) {
        const auto layer = static_cast<std::size_t>(infos[i].layer.value());
        const std::int64_t rank = matrices[i]->rank();
        const bool narrow = known && !isAttention(infos[i].kind) && rank == 0 &&
                            widths[layer] < reference.mlpWidths[layer];
        cut = cut || narrow || rank > 0;
        if (!narrow)
            ranks.emplace_back(matrices[i]->name(), rank);
        else if (std::exchange(named, layer) != layer)
            ranks.emplace_back(mlpName(infos[i].layer), widths[layer]);
    }
    if (!cut) ranks.clear();
    return ranks;
}

}  // namespace

PruneReport reportOf(const Decoder& pruned, const DenseReference& reference, MatrixForm form) {
    const auto left = [&](const MatrixSelection& selection) {
        return parametersAs(pruned, form, selection);
    };
    PruneReport report;
    report.parameters = parametersAs(pruned, form);
    report.targetRemoved = removed(left(reference.selection), reference.targetParameters);
    report.mlpRemoved = removed(left(MatrixSelection{}), reference.mlpParameters);
    report.parametersRemoved = removed(report.parameters, reference.parameters);
    report.bytesRemoved = removed(bytesOf(pruned), reference.bytes);
    report.ranks = ranksOf(pruned, reference);
    return report;
}

void warnIfOver(double removed, double target, const char* what, const RunContext& context) {
    if (removed <= target + kNoticedShare) return;
    context.log(
        log::Level::Warning,
        strCat(percentText(removed), " ", what, " instead of ", percentText(target),
               " are removed: ranks, channels, layers and mask patterns come in whole steps"));
}

void warnIfUnder(double removed, double target, const char* what, const RunContext& context) {
    if (removed >= target - kNoticedShare) return;
    context.log(
        log::Level::Warning,
        strCat("only ", percentText(removed), " ", what, " instead of ", percentText(target),
               " are removed: channels and layers come in whole steps, and what is locked "
               "stays"));
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
