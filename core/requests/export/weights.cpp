#include "requests/export/weights.h"

#include "base/files.h"
#include "base/resources.h"
#include "base/text.h"
#include "model/files/decoder_file.h"
#include "model/files/gguf_output.h"
#include "model/files/huggingface_output.h"
#include "requests/export/tokenizer.h"

namespace skd {
namespace {

constexpr const char* kWeights = "model.safetensors";
constexpr const char* kModellingFile = "modeling_sparsekd.py";

Result<DType> dtypeOf(ExportType type) {
    switch (type) {
        case ExportType::Bf16:
            return DType::BF16;
        case ExportType::F16:
            return DType::F16;
        case ExportType::F32:
            return DType::F32;
        case ExportType::Q8_0:
            break;
    }
    return fail(ErrorCode::InvalidInput,
                "q8_0 is a type of GGUF files; choose bf16, f16 or f32, or --format gguf");
}

GgmlType ggmlTypeOf(ExportType type) {
    switch (type) {
        case ExportType::Bf16:
            return GgmlType::BF16;
        case ExportType::F16:
            return GgmlType::F16;
        case ExportType::Q8_0:
            return GgmlType::Q8_0;
        case ExportType::F32:
            break;
    }
    return GgmlType::F32;
}

at::ScalarType scalarOf(DType type) {
    return type == DType::F16 ? at::kHalf : type == DType::BF16 ? at::kBFloat16 : at::kFloat;
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
    SKD_TRY(const DType type, dtypeOf(work.request.type));
    SKD_TRY(Json config, prunedConfig(work.model.decoder, type));
    SKD_CHECK(writeConfig(work, std::move(config)));
    SKD_TRY(const std::filesystem::path source,
            resolveResource(strCat("resource:export/", kModellingFile)));
    SKD_TRY(const std::string code, readFile(source, 1 << 20));
    SKD_CHECK(writeFileAtomically(work.folder / kModellingFile, code));
    Decoder decoder = work.model.decoder.to(at::kCPU, scalarOf(type));
    if (type == DType::F16) SKD_CHECK(checkFinite(decoder));
    decoder.config.weightsDType = torchDtypeName(type);
    SKD_CHECK(
        writePlainDecoder(work.folder / kWeights, decoder, work.origin.lineage, work.proceed));
    return std::string(kWeights);
}

Result<std::string> writeDense(const ExportWork& work) {
    SKD_TRY(const DType type, dtypeOf(work.request.type));
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
    SKD_TRY(const StockModel model, stockModel(work.model.decoder));
    SKD_TRY(std::vector<GgufField> fields, ggufConfigFields(model.config));
    fields.push_back({"general.type", std::string("model")});
    fields.push_back({"general.name", work.origin.name});
    if (!work.origin.licence.empty()) fields.push_back({"general.license", work.origin.licence});
    SKD_TRY(const std::vector<GgufField> vocabulary,
            tokenizerFields(work.origin, *work.model.tokenizer, model.config.vocabularySize));
    fields.insert(fields.end(), vocabulary.begin(), vocabulary.end());
    const std::string name =
        strCat(work.origin.name, "-", upper(enumName(work.request.type)), ".gguf");
    SKD_CHECK(writeGgufModel(work.folder / name, model, ggmlTypeOf(work.request.type),
                             std::move(fields), work.proceed));
    return name;
}

}  // namespace

Result<std::string> writeExport(const ExportWork& work) {
    switch (work.request.format) {
        case ExportFormat::Hf:
            return writePruned(work);
        case ExportFormat::HfDense:
            return writeDense(work);
        case ExportFormat::Gguf:
            break;
    }
    return writeGgufFile(work);
}

std::uint64_t exportBytes(const OpenModel& model, const ExportRequest& request) {
    const Decoder& decoder = model.decoder;
    std::int64_t values = decoder.parameterCount();
    if (request.format != ExportFormat::Hf) {
        values -= decoder.parameterCount(kAllMatrices);
        for (const MatrixInfo& info : decoder.matrixInfos(kAllMatrices))
            values += info.parameters();
    }
    const double perValue = request.type == ExportType::F32    ? 4
                            : request.type == ExportType::Q8_0 ? 34.0 / 32
                                                               : 2;
    return static_cast<std::uint64_t>(static_cast<double>(values) * perValue);
}

}  // namespace skd
