#pragma once

#include <string>
#include <string_view>

#include "base/record.h"
#include "base/text.h"
#include "results/block_sums.h"

namespace skd {

/// A size of an elastic run that is always measured.
struct ElasticNode {
    double removed = 0;                      ///< fraction asked for
    std::optional<double> targetRemoved;     ///< of the profile, which meets it within one step
    std::optional<std::int64_t> parameters;  ///< of the model, in the form that the run prices
    std::optional<double> preKdPpl, preKdStandardError, postKdPpl, postKdStandardError;
    BlockSums preKdBlocks, postKdBlocks;  ///< losses behind both
    std::optional<double> selectionPpl;   ///< on the selection text, of the weights that were kept
    Json document = {};
    bool operator==(const ElasticNode&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("removed", self.removed, {});
        visitor.field("target_removed", self.targetRemoved, {});
        visitor.field("parameters", self.parameters, {});
        visitor.field("pre_kd_ppl", self.preKdPpl, {});
        visitor.field("pre_kd_standard_error", self.preKdStandardError, {});
        visitor.field("post_kd_ppl", self.postKdPpl, {});
        visitor.field("post_kd_standard_error", self.postKdStandardError, {});
        visitor.known("pre_kd_blocks", self.preKdBlocks, {});
        visitor.known("post_kd_blocks", self.postKdBlocks, {});
        visitor.known("selection_ppl", self.selectionPpl, {});
    }
};

/// Sequences that were trained at sizes of one bin.
struct ElasticBin {
    /// Width of a bin, as fraction removed.
    static constexpr double kWidth = 0.05;
    double removed = 0;  ///< where the bin begins
    std::int64_t draws = 0, offPath = 0;
    Json document = {};
    bool operator==(const ElasticBin&) const = default;

    /// Number of the bin that a size lies in; what rounding has put just below a bin is in it.
    static std::int64_t numberOf(double removed) {
        return static_cast<std::int64_t>(std::floor(removed / kWidth + 1e-9));
    }
    static double beginOf(std::int64_t number) { return kWidth * static_cast<double>(number); }

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("removed", self.removed, {});
        visitor.field("draws", self.draws, {});
        visitor.field("off_path", self.offPath, {});
    }
};

/// What prefixes of an elastic matrix' trained components leave out, ||W_R - W_r|| over ||W_R||
/// under the run's metric (resources/help/method.md, Elastic students: the factors).
struct ElasticEnergy {
    std::string matrix;
    std::int64_t grid = 0;       ///< ranks between two values
    std::vector<double> errors;  ///< at r = 0, grid, 2 grid ... and the cap R, where it is 0
    Json document = {};
    bool operator==(const ElasticEnergy&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("matrix", self.matrix, {});
        visitor.field("grid", self.grid, {});
        visitor.field("errors", self.errors, {});
    }
};

/// The sizes of an elastic run. Sizes are fractions of the target matrices' parameters removed.
struct ElasticSummary {
    /// Of `path`; raised when what a path consists of changes.
    static constexpr std::int64_t kPathVersion = 1;
    double largest = 0, smallest = 0;
    std::string form;        ///< that ranks are priced in, and slices have
    std::string pathSha256;  ///< of the nested path
    /// The nested path itself (NestedPath::toJson), so that sizes can be shown where no model is
    /// kept; null, and version 0, of a run of before.
    Json path = {};
    std::int64_t pathVersion = 0;
    double selection = 0;            ///< the node that stands for the run in lists, and stops it
    std::vector<ElasticNode> nodes;  ///< ascending in what they remove
    /// The mean over the nodes of the log perplexity on the selection text, of the weights kept
    std::optional<double> meanLogPpl;
    std::vector<ElasticBin> draws;        ///< those that have any, ascending
    std::vector<ElasticEnergy> energies;  ///< of the trained factors; empty of a run of before
    std::string energyMetric;             ///< theirs: the name of a truncation
    Json document = {};
    bool operator==(const ElasticSummary&) const = default;

    /// The node at this size, or null.
    [[nodiscard]] const ElasticNode* findNode(double removed) const {
        for (const ElasticNode& node : nodes)
            if (node.removed == removed) return &node;
        return nullptr;
    }

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("largest", self.largest, {});
        visitor.field("smallest", self.smallest, {});
        visitor.field("form", self.form, {});
        visitor.field("path_sha256", self.pathSha256, {});
        visitor.known("path", self.path, {});
        visitor.known("path_version", self.pathVersion, {});
        visitor.field("selection", self.selection, {});
        visitor.field("nodes", self.nodes, {});
        visitor.known("mean_log_ppl", self.meanLogPpl, {"", "nats per token"});
        visitor.known("draws", self.draws, {});
        visitor.known("energies", self.energies, {});
        visitor.known("energy_metric", self.energyMetric, {});
    }
};

/// "35", "42.5": a size as a percentage removed.
inline std::string sizePercent(double removed) {
    std::string percent = formatFixed(100 * removed, 4);
    percent.erase(percent.find_last_not_of('0') + 1);
    if (percent.ends_with('.')) percent.pop_back();
    return percent;
}

/// The name of a metric at one size of an elastic run: "ppl.live@35".
inline std::string metricAt(std::string_view name, double removed) {
    return strCat(name, "@", sizePercent(removed));
}

}  // namespace skd
