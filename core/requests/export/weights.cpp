#include "requests/export/weights.h"

#include <algorithm>
#include <functional>

#include "base/files.h"
#include "base/resources.h"
#include "base/text.h"
#include "model/config/gguf_names.h"
#include "model/files/decoder_file.h"
#include "model/files/gguf_output.h"
#include "model/files/huggingface_output.h"
#include "requests/export/tokenizer.h"

namespace skd {
namespace {

constexpr const char* kWeights = "model.safetensors";
constexpr const char* kModellingFile = "modeling_sparsekd.py";

/// An ExportType in either kind of file, and in memory; what a value of it takes on disk.
struct StoredType {
    DType tensors;  ///< of what safetensors files do not hold never asked for
    GgufMix gguf;
    at::ScalarType scalar;
    double bytes;  ///< of mixes that of most matrices
};
const StoredType& storedType(ExportType type) {
    static constexpr std::array<StoredType, 8> kTypes{
        {{DType::BF16, GgufMix::BF16, at::kBFloat16, 2},
         {DType::F16, GgufMix::F16, at::kHalf, 2},
         {DType::F32, GgufMix::F32, at::kFloat, 4},
         {DType::F32, GgufMix::Q8_0, at::kFloat, 34.0 / 32},
         {DType::F32, GgufMix::Q4_0, at::kFloat, 18.0 / 32},
         {DType::F32, GgufMix::Q4_K_M, at::kFloat, 144.0 / 256},
         {DType::F32, GgufMix::Q5_K_M, at::kFloat, 176.0 / 256},
         {DType::F32, GgufMix::Q6_K, at::kFloat, 210.0 / 256}}};
    return kTypes[static_cast<std::size_t>(type)];
}

Status checkFinite(const Decoder& decoder) {
    Decoder walk = decoder;
    Status status;
    walk.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        if (status && !at::isfinite(tensor).all().item<bool>())
            status = fail(ErrorCode::Numeric,
                          strCat(name, " holds values too large for f16; choose bf16 or f32"));
    });
    return status;
}

Status writeConfig(const ExportWork& work, Json config) {
    SKD_CHECK(writeTokenizerFiles(work.origin, *work.model.tokenizer, work.folder, config));
    return writeFileAtomically(work.folder / "config.json", dumpJson(config, 2) + "\n");
}

Result<std::string> writePruned(const ExportWork& work) {
    const DType type = storedType(work.request.type).tensors;
    SKD_TRY(Json config, prunedConfig(work.model.decoder, type));
    SKD_CHECK(writeConfig(work, std::move(config)));
    SKD_TRY(const std::filesystem::path source,
            resolveResource(strCat("resource:export/", kModellingFile)));
    SKD_TRY(const std::string code, readFile(source, 1 << 20));
    SKD_CHECK(writeFileAtomically(work.folder / kModellingFile, code));
    Decoder decoder = work.model.decoder.to(at::kCPU, storedType(work.request.type).scalar);
    if (type == DType::F16) SKD_CHECK(checkFinite(decoder));
    decoder.config.weightsDType = torchDtypeName(type);
    SKD_CHECK(
        writePlainDecoder(work.folder / kWeights, decoder, work.origin.lineage, work.proceed));
    return std::string(kWeights);
}

Result<std::string> writeDense(const ExportWork& work) {
    const DType type = storedType(work.request.type).tensors;
    SKD_TRY(const StockModel model, stockModel(work.model.decoder));
    SKD_TRY(Json config, huggingFaceConfig(model.config, type));
    SKD_CHECK(writeConfig(work, std::move(config)));
    SKD_CHECK(writeStockWeights(work.folder / kWeights, model, type, work.proceed));
    return std::string(kWeights);
}

std::string upper(std::string text) {
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

Result<std::string> writeGgufFile(const ExportWork& work) {
    SKD_TRY(const StockModel model, stockModel(work.model.decoder, MlpWidths::AsTheyAre));
    SKD_TRY(std::vector<GgufField> fields, ggufConfigFields(model.config));
    fields.push_back({"general.type", std::string("model")});
    fields.push_back({"general.name", work.origin.name});
    if (!work.origin.licence.empty()) fields.push_back({"general.license", work.origin.licence});
    SKD_TRY(const std::vector<GgufField> vocabulary,
            tokenizerFields(work.origin, *work.model.tokenizer, model.config.vocabularySize));
    fields.insert(fields.end(), vocabulary.begin(), vocabulary.end());
    const std::string name =
        strCat(work.origin.name, "-", upper(enumName(work.request.type)), ".gguf");
    SKD_CHECK(writeGgufModel(work.folder / name, model, storedType(work.request.type).gguf,
                             std::move(fields), work.proceed));
    return name;
}

bool hasWidths(const Decoder& decoder) {
    return std::ranges::adjacent_find(decoder.layers, std::not_equal_to(),
                                      [](const DecoderLayer& layer) {
                                          return layer.config.intermediateSize;
                                      }) != decoder.layers.end();
}

bool hasNarrowedStream(const Decoder& decoder) {
    return decoder.inputProjection.defined() || decoder.outputProjection.defined() ||
           std::ranges::any_of(decoder.layers, [](const DecoderLayer& layer) {
               return layer.attentionShortcut.defined() || layer.mlpShortcut.defined();
           });
}

struct Forms {
    std::int64_t factored = 0, masked = 0;  ///< matrices; weights that a mask holds at zero
};
Forms formsOf(const Decoder& decoder) {
    Decoder walk = decoder;
    Forms forms;
    for (const Linear* matrix : walk.matrices(kAllMatrices)) {
        forms.factored += matrix->rank() > 0;
        forms.masked += matrix->maskedZeros();
    }
    return forms;
}

/// Of the file that writeGgufFile writes; nothing of what it refuses.
GgufSizes ggufSizesOf(const Decoder& decoder, ExportType type) {
    const auto model = stockModel(decoder, MlpWidths::AsTheyAre);
    return model ? ggufSizes(*model, storedType(type).gguf) : GgufSizes{};
}

/// Values with every matrix whole and every MLP as wide as the widest.
std::int64_t widestValues(const Decoder& decoder) {
    std::int64_t values = decoder.parameterCount() - decoder.parameterCount(kAllMatrices);
    const std::int64_t widest = widestMlp(decoder);
    for (const MatrixInfo& info : decoder.matrixInfos(kAllMatrices)) {
        const auto layer = static_cast<std::size_t>(info.layer.value());
        const std::int64_t width = decoder.layers[layer].config.intermediateSize;
        values += isAttention(info.kind) ? info.parameters() : info.parameters() / width * widest;
    }
    return values;
}

std::string bytesAs(const OpenModel& model, ExportRequest request, ExportFormat format) {
    request.format = format;
    return formatBytes(static_cast<double>(exportBytes(model, request)));
}

/// What a format that stores whole matrices loses of a cut, and the one that does not.
std::string lossOf(const OpenModel& model, const ExportRequest& request, bool factored) {
    const char* lost = request.format == ExportFormat::Gguf ? "Factored matrices are multiplied out"
                       : factored ? "Factored matrices are multiplied out and narrow MLPs filled up"
                                  : "Narrow MLPs are filled up";
    const std::string kept =
        isQuantised(request.type) ? "" : strCat(" in ", bytesAs(model, request, ExportFormat::Hf));
    return strCat(
        lost, ", so the file takes about ", bytesAs(model, request, request.format),
        " and is as slow as a dense model of its shape; --format hf, for transformers and "
        "vLLM, keeps the cut",
        kept, ".");
}

/// What a GGUF file keeps where layers have MLPs of different widths.
std::string widthsKept(const OpenModel& model, const ExportRequest& request) {
    const auto widest = stockModel(model.decoder);
    const std::uint64_t filled =
        widest ? ggufSizes(*widest, storedType(request.type).gguf).bytes : 0;
    return strCat("MLPs keep the width of their layer (architecture ", kGgufLayeredLlama,
                  "): about ", bytesAs(model, request, ExportFormat::Gguf), " instead of the ",
                  formatBytes(static_cast<double>(filled)),
                  " that they take filled up to the widest.");
}

/// What rounding to a quantised type has to say of the model's shape and source.
void addRounding(const OpenModel& model, const ExportRequest& request,
                 std::vector<std::string>& sentences) {
    if (!isQuantised(request.type)) return;
    const GgufSizes sizes = ggufSizesOf(model.decoder, request.type);
    if (sizes.narrow > 0)
        sentences.push_back(strCat(sizes.narrow, " matrices whose rows do not fill blocks of ",
                                   request.type < ExportType::Q4_K_M ? "their type" : "256",
                                   " values have a larger type, as llama-quantize chooses it."));
    const std::string& source = model.decoder.config.weightsDType;
    if (source.starts_with("Q"))
        sentences.push_back(strCat("The weights came as ", source,
                                   " and are rounded a second time; an unrounded source loses "
                                   "less."));
}

/// Whether a run of the lineage has pruned: any but those that train the dense model.
bool hasPrunedBefore(const Json& lineage) {
    const Json& chain = memberOf(lineage, "chain");
    return chain.is_array() && std::any_of(chain.begin(), chain.end(), [](const Json& step) {
               const std::string method = valueOr(step, "method", ""),
                                 control = valueOr(step, "control", "");
               return !method.empty() && method != "none" && !control.starts_with("dense");
           });
}

}  // namespace

Result<std::string> writeExport(const ExportWork& work) {
    if (work.request.format == ExportFormat::Gguf) return writeGgufFile(work);
    return work.request.format == ExportFormat::Hf ? writePruned(work) : writeDense(work);
}

Json prunedCounts(const Decoder& decoder) {
    const Forms forms = formsOf(decoder);
    Json counts{{"factored_matrices", forms.factored}, {"masked_weights", forms.masked}};
    if (!hasWidths(decoder)) return counts;
    for (const DecoderLayer& layer : decoder.layers)
        counts["intermediate_sizes"].push_back(layer.config.intermediateSize);
    return counts;
}

Json matrixTypes(const Decoder& decoder, const ExportRequest& request) {
    Json types = Json::object();
    if (request.format != ExportFormat::Gguf) return types;
    for (const auto& [type, count] : ggufSizesOf(decoder, request.type).matrices)
        types[type] = count;
    return types;
}

std::uint64_t exportBytes(const OpenModel& model, const ExportRequest& request) {
    const Decoder& decoder = model.decoder;
    if (request.format == ExportFormat::Gguf) return ggufSizesOf(decoder, request.type).bytes;
    std::int64_t values = decoder.parameterCount(), orders = 0;
    if (request.format == ExportFormat::HfDense) {
        values = widestValues(decoder);
    } else {
        Decoder walk = decoder;
        for (const Linear* matrix : walk.matrices(kAllMatrices)) {
            values += matrix->maskedZeros();  // stored as they are
            orders += matrix->orderBytes();
        }
    }
    return static_cast<std::uint64_t>(static_cast<double>(values) * storedType(request.type).bytes +
                                      static_cast<double>(orders));
}

ExportFormat formatFor(ExportTarget target, const Decoder& decoder) {
    if (target == ExportTarget::LlamaCpp) return ExportFormat::Gguf;
    const bool own =
        formsOf(decoder).factored > 0 || hasWidths(decoder) || hasNarrowedStream(decoder);
    return own ? ExportFormat::Hf : ExportFormat::HfDense;
}

std::string gainOf(const OpenModel& model, const ExportRequest& request) {
    const Forms forms = formsOf(model.decoder);
    const bool widths = hasWidths(model.decoder);
    std::vector<std::string> sentences;
    if (request.format == ExportFormat::Hf && (forms.factored > 0 || widths))
        sentences.push_back(strCat("Cut layers are kept as they are: about ",
                                   bytesAs(model, request, ExportFormat::Hf), " instead of the ",
                                   bytesAs(model, request, ExportFormat::HfDense),
                                   " that they take as whole matrices."));
    else if (forms.factored > 0 || (widths && request.format == ExportFormat::HfDense))
        sentences.push_back(lossOf(model, request, forms.factored > 0));
    if (request.format == ExportFormat::Gguf) {
        if (widths) sentences.push_back(widthsKept(model, request));
        addRounding(model, request, sentences);
    }
    if (forms.masked > 0)
        sentences.push_back(
            "Masked weights are stored as zeros, which save neither bytes nor time; of an n:m "
            "pattern too, for vLLM no longer reads a layout without the zeros.");
    return joined(sentences, " ");
}

bool isPruned(const ExportOrigin& origin, const Decoder& decoder) {
    const Forms forms = formsOf(decoder);
    return forms.factored > 0 || forms.masked > 0 || hasWidths(decoder) ||
           hasNarrowedStream(decoder) || origin.summary.parametersRemoved.value_or(0) > 0 ||
           hasPrunedBefore(origin.lineage);
}

}  // namespace skd
