#include "store/analysis_codec.h"

#include <zlib.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstring>

#include "base/hash.h"
#include "base/text.h"
#include "spec/json_reader.h"
#include "spec/json_writer.h"

namespace skd {
namespace {

static_assert(std::endian::native == std::endian::little, "spectra are stored little-endian");

const FieldInfo kCount{"", "", 0, 9e15};

/// Field list of ModelSummary, which is not a spec.
struct ModelFields {
    ModelSummary model;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        auto& model = self.model;
        visitor.field("name", model.name, FieldInfo{});
        visitor.field("path", model.path, FieldInfo{});
        visitor.field("architecture", model.architecture, FieldInfo{});
        visitor.field("dtype", model.dtype, FieldInfo{});
        visitor.field("hidden_size", model.hiddenSize, kCount);
        visitor.field("intermediate_size", model.intermediateSize, kCount);
        visitor.field("layers", model.layers, kCount);
        visitor.field("heads", model.heads, kCount);
        visitor.field("key_value_heads", model.keyValueHeads, kCount);
        visitor.field("head_dim", model.headDim, kCount);
        visitor.field("vocabulary_size", model.vocabularySize, kCount);
        visitor.field("max_positions", model.maxPositions, kCount);
        visitor.field("tied_head", model.tiedHead, FieldInfo{});
        visitor.field("total_parameters", model.totalParameters, kCount);
        visitor.field("mlp_parameters", model.mlpParameters, kCount);
        visitor.field("weights_sha256", model.weightsSha256, FieldInfo{});
        visitor.field("tokenizer_sha256", model.tokenizerSha256, FieldInfo{});
    }
};

struct ProbeFields {
    std::int64_t rank = 0;
    std::string kl = "nan";

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("rank", self.rank, kCount);
        visitor.field("kl", self.kl, FieldInfo{});
    }
};

/// A MatrixSpectrum without its values. The probe's result is text, since JSON has no NaN.
struct MatrixFields {
    std::string name;
    std::int64_t layer = 0;
    MatrixKind kind = MatrixKind::Gate;
    std::int64_t rows = 0, columns = 0, plain = 0, whitened = 0, probeRank = 0;
    std::string probeKl = "nan";
    std::vector<ProbeFields> probes;
    std::int64_t currentRank = 0;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("name", self.name, FieldInfo{});
        visitor.field("layer", self.layer, FieldInfo{"", "", 0, 1e9});
        visitor.field("kind", self.kind, FieldInfo{});
        visitor.field("rows", self.rows, kCount);
        visitor.field("columns", self.columns, kCount);
        visitor.field("plain", self.plain, kCount);
        visitor.field("whitened", self.whitened, kCount);
        visitor.field("probe_rank", self.probeRank, kCount);
        visitor.field("probe_kl", self.probeKl, FieldInfo{});
        visitor.list("probes", self.probes, "");
        visitor.field("current_rank", self.currentRank, kCount);
    }
};

struct AnalysisFields {
    ModelFields model;
    Truncation truncation = Truncation::Whitened;
    std::vector<MatrixFields> matrices;
    std::int64_t calibrationTokens = 0, probeTokens = 0;
    std::string corpusSha256;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.group("model", self.model, "");
        visitor.field("truncation", self.truncation, FieldInfo{});
        visitor.list("matrices", self.matrices, "");
        visitor.field("calibration_tokens", self.calibrationTokens, kCount);
        visitor.field("probe_tokens", self.probeTokens, kCount);
        visitor.field("corpus_sha256", self.corpusSha256, FieldInfo{});
    }
};

std::string exactText(double value) {
    std::array<char, 40> buffer{};
    return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}

Result<double> parseExact(const std::string& text) {
    double value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
        return fail(ErrorCode::Corrupt, strCat("\"", text, "\" is not a number"));
    return value;
}

MatrixFields fieldsOf(const MatrixSpectrum& matrix) {
    std::vector<ProbeFields> probes;
    for (const RankProbe& probe : matrix.probes)
        probes.push_back({probe.rank, exactText(probe.kl)});
    return {matrix.info.name,
            matrix.info.layer.value(),
            matrix.info.kind,
            matrix.info.rows,
            matrix.info.columns,
            static_cast<std::int64_t>(matrix.plain.size()),
            static_cast<std::int64_t>(matrix.whitened.size()),
            matrix.probeRank,
            exactText(matrix.probeKl),
            std::move(probes),
            matrix.currentRank};
}

Result<MatrixSpectrum> matrixOf(const MatrixFields& fields) {
    MatrixSpectrum matrix;
    matrix.info = {fields.name, LayerIndex(static_cast<std::int32_t>(fields.layer)), fields.kind,
                   fields.rows, fields.columns};
    matrix.probeRank = fields.probeRank;
    SKD_TRY(matrix.probeKl, parseExact(fields.probeKl));
    matrix.currentRank = fields.currentRank;
    for (const ProbeFields& probe : fields.probes) {
        matrix.probes.push_back({probe.rank, 0});
        SKD_TRY(matrix.probes.back().kl, parseExact(probe.kl));
    }
    // Analyses from before there were several probes.
    if (matrix.probes.empty() && matrix.probeRank > 0)
        matrix.probes.push_back({matrix.probeRank, matrix.probeKl});
    return matrix;
}

void appendFloats(std::string& block, const std::vector<double>& values) {
    for (const double value : values) {
        const auto narrow = static_cast<float>(value);
        block.append(reinterpret_cast<const char*>(&narrow), sizeof narrow);
    }
}

std::vector<double> takeFloats(std::string_view& block, std::int64_t count) {
    std::vector<double> values(static_cast<std::size_t>(count));
    for (double& value : values) {
        float narrow = 0;
        std::memcpy(&narrow, block.data(), sizeof narrow);
        block.remove_prefix(sizeof narrow);
        value = narrow;
    }
    return values;
}

Result<std::string> deflateBlock(const std::string& block) {
    uLongf size = compressBound(block.size());
    std::string out(size, '\0');
    const int rc = compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                             reinterpret_cast<const Bytef*>(block.data()), block.size(), 6);
    if (rc != Z_OK) return fail(ErrorCode::OutOfMemory, "cannot compress spectra");
    out.resize(size);
    return out;
}

/// `size` is what the document declares; zlib cannot have packed more than 1032 bytes into one.
Result<std::string> inflateBlock(std::string_view packed, std::uint64_t size) {
    const auto mismatch = [] {
        return fail(ErrorCode::Corrupt, "the stored spectra do not fit their description");
    };
    if (size / 1032 > packed.size()) return mismatch();
    std::string block(size, '\0');
    uLongf written = size;
    const int rc = uncompress(reinterpret_cast<Bytef*>(block.data()), &written,
                              reinterpret_cast<const Bytef*>(packed.data()), packed.size());
    if (rc != Z_OK || written != size) return mismatch();
    return block;
}

/// Bytes of all spectra; Corrupt where counts are beyond reason.
Result<std::uint64_t> blockSize(const std::vector<MatrixFields>& matrices) {
    static constexpr std::int64_t kMostValues = 1 << 28;
    std::int64_t values = 0;
    for (const MatrixFields& matrix : matrices) {
        if (matrix.plain > kMostValues || matrix.whitened > kMostValues || values > kMostValues)
            return fail(ErrorCode::Corrupt, "the stored spectra declare too many values");
        values += matrix.plain + matrix.whitened;
    }
    return static_cast<std::uint64_t>(values) * sizeof(float);
}

}  // namespace

Result<StoredAnalysis> encodeAnalysis(const Analysis& analysis) {
    AnalysisFields fields{{analysis.model},           analysis.truncation,  {},
                          analysis.calibrationTokens, analysis.probeTokens, analysis.corpusSha256};
    std::string block;
    for (const MatrixSpectrum& matrix : analysis.matrices) {
        fields.matrices.push_back(fieldsOf(matrix));
        appendFloats(block, matrix.plain);
        appendFloats(block, matrix.whitened);
    }
    StoredAnalysis stored;
    stored.document = dumpJson(specToJson(fields));
    SKD_TRY(stored.spectra, deflateBlock(block));
    stored.spectraSha256 = sha256Hex(block);
    stored.sha256 = Sha256().update(stored.document).update(block).hex();
    return stored;
}

Result<AnalysisPtr> decodeAnalysis(std::string_view document, std::string_view spectra) {
    SKD_TRY(const Json json, parseJson(document));
    AnalysisFields fields;
    SKD_CHECK(readSpec(json, "", fields));
    SKD_TRY(const std::uint64_t size, blockSize(fields.matrices));
    SKD_TRY(const std::string block, inflateBlock(spectra, size));
    std::string_view left = block;
    auto analysis = std::make_shared<Analysis>();
    analysis->model = fields.model.model;
    analysis->truncation = fields.truncation;
    analysis->calibrationTokens = fields.calibrationTokens;
    analysis->probeTokens = fields.probeTokens;
    analysis->corpusSha256 = fields.corpusSha256;
    for (const MatrixFields& matrix : fields.matrices) {
        SKD_TRY(MatrixSpectrum spectrum, matrixOf(matrix));
        spectrum.plain = takeFloats(left, matrix.plain);
        spectrum.whitened = takeFloats(left, matrix.whitened);
        analysis->matrices.push_back(std::move(spectrum));
    }
    return AnalysisPtr(std::move(analysis));
}

}  // namespace skd
