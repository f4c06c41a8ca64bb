#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/units.h"
#include "results/matrix_form.h"

/// Plain results that events carry, the store keeps and the window draws. No tensors. Their field
/// lists (base/fields.h) know two kinds of field more: `exact` for a number that may be NaN, and
/// `values` for a list that is stored beside the document.
namespace skd {

/// Bounds of what is counted.
constexpr FieldInfo kCount{"", "", 0, 9e15};

enum class MatrixKind { Gate, Up, Down, GateUp, Query, Key, Value, Output };
template <>
inline constexpr auto kNames<MatrixKind> = names<MatrixKind>({"gate", "up", "down", "gate_up",
                                                              "query", "key", "value", "output"});
inline const char* matrixKindName(MatrixKind kind) {
    return enumName(kind);
}

constexpr bool isAttention(MatrixKind kind) {
    return kind == MatrixKind::Query || kind == MatrixKind::Key || kind == MatrixKind::Value ||
           kind == MatrixKind::Output;
}

/// Which matrices of a decoder a walk covers.
struct MatrixSelection {
    bool mlp = true, attention = false;
    bool operator==(const MatrixSelection&) const = default;
};
inline constexpr MatrixSelection kAllMatrices{true, true};

/// A prunable matrix W of shape [rows, columns] = [out, in].
struct MatrixInfo {
    std::string name;  ///< "model.layers.3.mlp.up_proj"
    LayerIndex layer;
    MatrixKind kind = MatrixKind::Gate;
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    MatrixForm form = MatrixForm::Factored;  ///< that a cut gives it

    [[nodiscard]] std::int64_t parameters() const { return rows * columns; }
    /// Parameters of its form at a rank; 0 stands for the dense matrix.
    [[nodiscard]] std::int64_t parametersAt(std::int64_t rank) const {
        return formParameters(form, rows, columns, rank);
    }
    /// Its form at a rank below it is smaller than the matrix.
    [[nodiscard]] std::int64_t breakEven() const { return breakEvenRank(form, rows, columns); }

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("name", self.name, {});
        visitor.field("layer", self.layer, {"", "", 0, 1e9});
        visitor.field("kind", self.kind, {});
        visitor.field("rows", self.rows, kCount);
        visitor.field("columns", self.columns, kCount);
        visitor.field("form", self.form, {});
    }
};

/// What a truncation keeps of a matrix W (resources/help/method.md, Truncation): the best rank-r
/// map under the inputs' Gram matrix, under none, under the inputs' mean size, or under inputs and
/// output gradients.
enum class Truncation { Whitened, Plain, Asvd, Fisher };
template <>
inline constexpr auto kNames<Truncation> = names<Truncation>({"whitened", "plain", "asvd",
                                                              "fisher"});

/// How a damage curve goes through a matrix' probes (resources/help/method.md, Damage of a rank).
enum class ProbeLaw { Points, Power };
template <>
inline constexpr auto kNames<ProbeLaw> = names<ProbeLaw>({"points", "power"});

/// Nats per token lost with one matrix alone at a rank.
struct RankProbe {
    std::int64_t rank = 0;
    double kl = std::numeric_limits<double>::quiet_NaN();
    bool operator==(const RankProbe&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("rank", self.rank, kCount);
        visitor.exact("kl", self.kl);
    }
};

struct MatrixSpectrum {
    MatrixInfo info;
    /// Singular values of W, descending; as many as its rank now where it is factored.
    std::vector<double> plain;
    /// Of W under the analysis' truncation, descending; empty where that is plain.
    std::vector<double> weighted;
    std::int64_t probeRank = 0;
    double probeKl = std::numeric_limits<double>::quiet_NaN();  ///< nats per token lost with this
                                                                ///< matrix alone at probeRank
    /// All probes, ascending in rank; holds (probeRank, probeKl) too.
    std::vector<RankProbe> probes;
    std::int64_t currentRank = 0;  ///< of a matrix that is factored already; 0 = dense
    MatrixForm currentForm = MatrixForm::Factored;  ///< of such a matrix

    /// Parameters at a rank; 0 stands for the matrix as it is.
    [[nodiscard]] std::int64_t parametersAt(std::int64_t rank) const {
        return rank == 0 ? formParameters(currentForm, info.rows, info.columns, currentRank)
                         : info.parametersAt(rank);
    }

    static void visitFields(auto& self, auto& visitor) {
        MatrixInfo::visitFields(self.info, visitor);
        visitor.values("plain", self.plain);
        visitor.values("whitened", self.weighted);
        visitor.field("probe_rank", self.probeRank, kCount);
        visitor.exact("probe_kl", self.probeKl);
        visitor.list("probes", self.probes, "");
        visitor.field("current_rank", self.currentRank, kCount);
        visitor.field("current_form", self.currentForm, {});
    }
};

/// "model.layers.3.mlp": by which a width is recorded and given.
inline std::string mlpName(LayerIndex layer) {
    return "model.layers." + std::to_string(layer.value()) + ".mlp";
}

/// What removing channels of one layer's MLP costs (resources/help/method.md, Narrower MLPs).
struct ChannelSpectrum {
    LayerIndex layer;
    std::int64_t perChannel = 0;  ///< parameters of a channel: a row of gate and of up, a column of
                                  ///< down
    /// One per channel, those that are kept longest first: with k channels kept, the MLP's output
    /// loses the sum of squares from k on.
    std::vector<double> lost;
    std::vector<RankProbe> probes;  ///< by width, ascending; empty where nothing was measured
    /// Nats per token lost with all matrices of this MLP at their probe ranks together.
    double factoredKl = std::numeric_limits<double>::quiet_NaN();

    [[nodiscard]] std::int64_t channels() const { return static_cast<std::int64_t>(lost.size()); }
    /// 0 stands for the MLP as it is.
    [[nodiscard]] std::int64_t parametersAt(std::int64_t width) const {
        return (width == 0 ? channels() : width) * perChannel;
    }

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("layer", self.layer, {"", "", 0, 1e9});
        visitor.field("per_channel", self.perChannel, kCount);
        visitor.values("lost", self.lost);
        visitor.list("probes", self.probes, "");
        visitor.exact("factored_kl", self.factoredKl);
    }
};

struct ModelSummary {
    std::string name, path, architecture, dtype;
    std::int64_t hiddenSize = 0, intermediateSize = 0, layers = 0, heads = 0, keyValueHeads = 0,
                 headDim = 0, vocabularySize = 0;
    std::int64_t maxPositions = 0;
    bool tiedHead = false;
    std::int64_t totalParameters = 0, mlpParameters = 0;
    std::string weightsSha256, tokenizerSha256;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("name", self.name, {});
        visitor.field("path", self.path, {});
        visitor.field("architecture", self.architecture, {});
        visitor.field("dtype", self.dtype, {});
        visitor.field("hidden_size", self.hiddenSize, kCount);
        visitor.field("intermediate_size", self.intermediateSize, kCount);
        visitor.field("layers", self.layers, kCount);
        visitor.field("heads", self.heads, kCount);
        visitor.field("key_value_heads", self.keyValueHeads, kCount);
        visitor.field("head_dim", self.headDim, kCount);
        visitor.field("vocabulary_size", self.vocabularySize, kCount);
        visitor.field("max_positions", self.maxPositions, kCount);
        visitor.field("tied_head", self.tiedHead, {});
        visitor.field("total_parameters", self.totalParameters, kCount);
        visitor.field("mlp_parameters", self.mlpParameters, kCount);
        visitor.field("weights_sha256", self.weightsSha256, {});
        visitor.field("tokenizer_sha256", self.tokenizerSha256, {});
    }
};

/// What carving needs to know of a model: spectra of the target matrices, and how much each one
/// carries.
struct Analysis {
    ModelSummary model;
    /// The one behind MatrixSpectrum::weighted and the probes.
    Truncation truncation = Truncation::Whitened;
    ProbeLaw probeLaw = ProbeLaw::Points;
    std::vector<MatrixSpectrum> matrices;  ///< by layer, then in the order of Decoder::matrices
    /// Of the layers whose MLP could be narrowed, ascending; empty where that was not asked for.
    std::vector<ChannelSpectrum> channels;
    std::int64_t calibrationTokens = 0, probeTokens = 0;
    std::string corpusSha256;

    static void visitFields(auto& self, auto& visitor) {
        visitor.group("model", self.model, "");
        visitor.field("truncation", self.truncation, {});
        visitor.field("probe_law", self.probeLaw, {});
        visitor.list("matrices", self.matrices, "");
        visitor.list("channels", self.channels, "");
        visitor.field("calibration_tokens", self.calibrationTokens, kCount);
        visitor.field("probe_tokens", self.probeTokens, kCount);
        visitor.field("corpus_sha256", self.corpusSha256, {});
    }
};
using AnalysisPtr = std::shared_ptr<const Analysis>;

}  // namespace skd
