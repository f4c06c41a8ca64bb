#pragma once

#include <optional>
#include <vector>

#include "base/json.h"
#include "events/run_context.h"
#include "model/decoder.h"
#include "spec/prune_spec.h"

namespace skd {

/// Sizes of the dense model a run began with. Every ratio is against these, in later rounds too.
struct DenseReference {
    MatrixSelection selection;          ///< the matrices spec.targets names
    std::int64_t targetParameters = 0;  ///< of these
    std::int64_t mlpParameters = 0, attentionParameters = 0, parameters = 0;
    std::int64_t layers = 0, hiddenSize = 0;
    std::int64_t bytes = 0;                    ///< of all parameters as held
    std::vector<std::int64_t> mlpWidths = {};  ///< by layer; empty where they were not recorded

    [[nodiscard]] Json toJson() const;
    /// For a run that continues with a model another one has pruned; nothing where `json` is no
    /// reference.
    static std::optional<DenseReference> fromJson(const Json& json, const PruneSpec& spec);
};
DenseReference denseReference(const Decoder& dense, const PruneSpec& spec);
/// Channels of every layer's MLP.
std::vector<std::int64_t> mlpWidthsOf(const Decoder& model);
/// The matrices a spec's targets name.
MatrixSelection selectionOf(PruneTargets targets);

/// What pruning left. Shares are of the dense reference, 0 to 1.
struct PruneReport {
    std::vector<std::pair<std::string, std::int64_t>>
        ranks;  ///< by matrix name, 0 = dense; of an MLP that is narrower than the reference's, its
                ///< width by mlpName instead; empty where nothing is factored or narrowed
    double targetRemoved = 0, mlpRemoved = 0, parametersRemoved = 0, bytesRemoved = 0;
    std::int64_t parameters = 0;  ///< that remain; zeros of masks are not counted
    Json details =
        Json::object();  ///< of the method: dropped layers, channels per layer, mask pattern
    bool cancelled = false;
    [[nodiscard]] Json toJson() const;
};
/// Says so where a cut removes half a percentage point more than it was asked to: ranks, channels
/// and layers are whole. `what` reads "of the parameters".
void warnIfOver(double removed, double target, const char* what, const RunContext& context);
/// The same where it removes half a percentage point less.
void warnIfUnder(double removed, double target, const char* what, const RunContext& context);
/// Sizes of `pruned` against the reference, and the ranks of its factored matrices. Elastic
/// matrices count as `form` would hold them at their ranks, but with all their bytes.
PruneReport reportOf(const Decoder& pruned, const DenseReference& reference,
                     MatrixForm form = MatrixForm::Factored);

}  // namespace skd
