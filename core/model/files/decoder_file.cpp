#include "model/files/decoder_file.h"

#include <algorithm>
#include <optional>

#include "base/hash.h"
#include "base/text.h"
#include "formats/refusals.h"
#include "formats/safetensors_file.h"
#include "formats/safetensors_seal.h"
#include "formats/safetensors_writer.h"
#include "model/elastic.h"
#include "model/files/decoder_reader.h"
#include "model/files/module_layout.h"
#include "model/files/stock_model.h"
#include "model/files/tensor_encoding.h"

namespace skd {
namespace {

constexpr const char* kMetadataKey = "sparsekd";
/// Files with neither identity blocks nor elastic matrices are those of the first version; the
/// fourth names modules (module_layout.h).
constexpr int kVersion = 1, kVersionOfBlocks = 2, kVersionOfElastic = 3, kVersionOfModules = 4;

Result<TensorOut> tensorOut(const std::string& name, const at::Tensor& tensor, at::Tensor& current,
                            const std::function<Status()>& proceed) {
    const std::optional<DType> type = storedTypeOf(tensor.scalar_type());
    if (!type)
        return fail(ErrorCode::Internal,
                    strCat(name, " is neither f32, bf16, f16, a mask nor an order"));
    TensorOut out{name, *type, tensor.sizes().vec(), {}};
    out.produce = [&current, tensor, &proceed]() -> Result<std::span<const std::byte>> {
        if (proceed) SKD_CHECK(proceed());
        current = tensor.detach().to(at::kCPU).contiguous();
        return bytesOf(current);
    };
    return out;
}

Json layerParts(const Decoder& decoder) {
    Json layers = Json::array();
    for (const DecoderLayer& layer : decoder.layers)
        layers.push_back({{"fused_gate_up", layer.mlp.gateUp.isDefined()}});
    return layers;
}

/// Calls `onTensor` with the name and tensor of every parameter, then of every mask and
/// permutation.
void visitStored(const Decoder& decoder, const Linear::Visitor& onTensor) {
    Decoder walk = decoder;
    walk.visitParameters(onTensor);
    for (Linear* linear : walk.matrices(kAllMatrices)) {
        Linear::Form form = linear->form();
        if (auto* masked = std::get_if<MaskedWeight>(&form))
            onTensor(linear->name() + ".mask", masked->mask);
        if (auto* block = std::get_if<IdentityBlockWeight>(&form))
            onTensor(linear->name() + ".order", block->order);
    }
}

/// The lowest version whose readers know all forms in it.
int versionFor(const Decoder& decoder) {
    if (isElastic(decoder)) return kVersionOfElastic;
    Decoder walk = decoder;
    const bool blocks = std::ranges::any_of(walk.matrices(kAllMatrices), [](const Linear* linear) {
        return std::holds_alternative<IdentityBlockWeight>(linear->form());
    });
    return blocks ? kVersionOfBlocks : kVersion;
}

/// {"ranks": those in use, "record": the caller's}
Json elasticPart(const Decoder& decoder, const Json& record) {
    Json ranks = Json::object();
    for (const auto& [name, rank] : ranksInUse(decoder)) ranks[name] = rank;
    return {{"ranks", std::move(ranks)}, {"record", record}};
}

Result<Json> description(const SafetensorsFile& file) {
    const std::string where = file.path().string();
    const auto found = file.metadata().find(kMetadataKey);
    if (found == file.metadata().end())
        return unsupported(where,
                           ": this file does not describe its model; give the folder of a Hugging "
                           "Face model, a .gguf file, or a model of a run");
    SKD_TRY(Json json, located(parseJson(found->second), where));
    const Json version = json.is_object() ? valueOr(json, "version", Json()) : Json();
    if (version != Json(kVersion) && version != Json(kVersionOfBlocks) &&
        version != Json(kVersionOfElastic) && version != Json(kVersionOfModules))
        return fail(ErrorCode::Newer,
                    where + ": the file was written by another version of the program");
    return json;
}

Result<ModelConfig> configOf(const SafetensorsFile& file, const Json& description) {
    return located(modelConfigFromJson(valueOr(description, "config", Json())),
                   file.path().string());
}

}  // namespace

std::string weightsSha256(const Decoder& decoder) {
    Sha256 hash;
    visitStored(decoder, [&](const std::string& name, const at::Tensor& tensor) {
        const at::Tensor bytes = tensor.detach().to(at::kCPU).contiguous();
        hash.update(strCat(name, " ", at::toString(bytes.scalar_type()), " ",
                           shapeText(bytes.sizes()), "\n"));
        hash.update(bytes.const_data_ptr(), bytes.nbytes());
    });
    // At another size it is another model.
    for (const auto& [name, rank] : ranksInUse(decoder))
        hash.update(strCat(name, " rank ", rank, "\n"));
    return hash.hex();
}

namespace {

/// Tensors on their way into a file, and the JSON that describes them.
struct Writing {
    std::vector<TensorOut> tensors;
    at::Tensor current;
    Status status;
    std::function<Status()> proceed;

    void add(const std::string& name, const at::Tensor& tensor) {
        auto out = tensorOut(name, tensor, current, proceed);
        if (out)
            tensors.push_back(std::move(*out));
        else
            status = fail(out.error());
    }
};

Json descriptionOf(const Decoder& decoder, int version, const Json& about) {
    return {{"version", version},
            {"config", toJson(currentConfig(decoder))},
            {"layers", layerParts(decoder)},
            {"about", about}};
}

SafetensorsMetadata metadataOf(const Json& description) {
    return {{"format", "pt"}, {kMetadataKey, dumpJson(description)}};
}

}  // namespace

Status writeDecoder(const std::filesystem::path& path, const Decoder& decoder, const Json& about,
                    const Json& elastic) {
    if (!elastic.is_null() && !isElastic(decoder))
        return fail(ErrorCode::InvalidInput,
                    strCat(path.string(),
                           ": the record of an elastic model belongs to a model "
                           "without elastic matrices"));
    Writing writing;
    visitStored(decoder, [&](const std::string& name, const at::Tensor& tensor) {
        writing.add(name, tensor);
    });
    SKD_CHECK(writing.status);
    Json json = descriptionOf(decoder, versionFor(decoder), about);
    if (isElastic(decoder)) json["elastic"] = elasticPart(decoder, elastic);
    return writeSealedSafetensors(path, writing.tensors, metadataOf(json));
}

Status writePlainDecoder(const std::filesystem::path& path, const Decoder& decoder,
                         const Json& about, const std::function<Status()>& proceed) {
    SKD_CHECK(checkOneSize(decoder, "an export"));
    Writing writing{.proceed = proceed};
    for (const NamedTensor& each : moduleTensors(decoder)) writing.add(each.name, each.tensor);
    SKD_CHECK(writing.status);
    Json json = descriptionOf(decoder, kVersionOfModules, about), masked = Json::array();
    Decoder walk = decoder;
    for (const Linear* linear : walk.matrices(kAllMatrices))
        if (std::holds_alternative<MaskedWeight>(linear->form())) masked.push_back(linear->name());
    if (!masked.empty()) json["masked"] = std::move(masked);
    // What is exported belongs to others, who may change it: no seal.
    return writeSafetensors(path, writing.tensors, metadataOf(json));
}

Result<DecoderFile> readDecoder(const std::filesystem::path& path, const LoadOptions& options) {
    SKD_TRY(const SafetensorsFile file, SafetensorsFile::open(path));
    SKD_TRY(const Json json, description(file));
    SKD_TRY(const ModelConfig config, configOf(file, json));
    const Json& elastic = memberOf(json, "elastic");
    DecoderReader reader(
        file, options,
        {memberOf(json, "layers"), memberOf(json, "masked"), memberOf(elastic, "ranks"),
         valueOr(json, "version", kVersion) == kVersionOfModules});
    SKD_TRY(Decoder decoder, located(reader.read(config), path.string()));
    std::string digest = weightsSha256(decoder);
    return DecoderFile{{std::move(decoder), config.weightsDType, std::move(digest)},
                       valueOr(json, "about", Json::object()),
                       memberOf(elastic, "record")};
}

Result<ModelConfig> readDecoderConfig(const std::filesystem::path& path) {
    SKD_TRY(const SafetensorsFile file, SafetensorsFile::open(path));
    SKD_TRY(const Json json, description(file));
    return configOf(file, json);
}

Result<Json> readDecoderAbout(const std::filesystem::path& path) {
    SKD_TRY(const SafetensorsFile file, SafetensorsFile::open(path));
    SKD_TRY(const Json json, description(file));
    return valueOr(json, "about", Json::object());
}

Result<Json> readElasticRecord(const std::filesystem::path& path) {
    SKD_TRY(const SafetensorsFile file, SafetensorsFile::open(path));
    SKD_TRY(const Json json, description(file));
    return memberOf(memberOf(json, "elastic"), "record");
}

}  // namespace skd
