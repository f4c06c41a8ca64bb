#pragma once

#include <filesystem>
#include <functional>

#include "base/json.h"
#include "model/files/model_loader.h"

namespace skd {

/// Identity of a model's weights: SHA-256 over the names, shapes and values of its parameters,
/// masks and permutations, and the ranks in use of an elastic one, whatever file they lie in.
std::string weightsSha256(const Decoder& decoder);

/// A decoder in any form pruning gives it (factored, elastic, masked, narrowed, fewer layers), in
/// one safetensors file: tensors under the names of Decoder::visitParameters, masks as NAME.mask,
/// permutations as NAME.order, the shapes as JSON in its metadata. With an identity block the file
/// is of version 2, which programs before 0.2 refuse.
///
/// `about` travels with it: where the model comes from (lineage, hashes, sizes of the dense model).
/// So does `elastic` with an elastic model, whose file is of version 3: what its maker keeps of its
/// sizes. InvalidInput where there is one and the model is not elastic.
Status writeDecoder(const std::filesystem::path& path, const Decoder& decoder, const Json& about,
                    const Json& elastic = {});

/// The same for other programs, under the names of moduleTensors (module_layout.h), as version 4,
/// which programs before 0.2 refuse. Masked matrices are named instead of having masks; a mask is
/// read back as what is not zero. F32, BF16 and F16; `proceed` is asked before every tensor.
/// Unsupported for an elastic model.
Status writePlainDecoder(const std::filesystem::path& path, const Decoder& decoder,
                         const Json& about, const std::function<Status()>& proceed = nullptr);

struct DecoderFile {
    LoadedModel model;  ///< its hash is weightsSha256 of the decoder
    Json about;
    Json elastic = {};  ///< as writeDecoder took it; null where the model is not elastic
};
/// Strict both ways: every part must be there with the shape its neighbours ask for, and every
/// stored tensor must be used. Corrupt names the tensor.
Result<DecoderFile> readDecoder(const std::filesystem::path& path, const LoadOptions& options);

/// The architecture alone, and `about` alone, without reading weights.
Result<ModelConfig> readDecoderConfig(const std::filesystem::path& path);
Result<Json> readDecoderAbout(const std::filesystem::path& path);
/// The same of what an elastic model's maker keeps; null where the model is not elastic.
Result<Json> readElasticRecord(const std::filesystem::path& path);

}  // namespace skd
