#pragma once

#include <filesystem>

#include "base/json.h"
#include "formats/storage_type.h"
#include "model/files/stock_model.h"

namespace skd {

/// config.json of the family, in the spelling that transformers 4 and 5 and vLLM read: the inverse
/// of parseHuggingFaceConfig. Layers of different widths get the widest as intermediate_size.
/// Unsupported for what the family's class has no key for, such as biases it does not know or a
/// GGUF's own rotation.
Result<Json> huggingFaceConfig(const ModelConfig& config, DType dtype);

/// config.json of a pruned model as resources/export/modeling_sparsekd.py reads it: the family's
/// config, our own classes, and under "sparsekd" what of each layer differs from the family.
/// Unsupported for an elastic model.
Result<Json> prunedConfig(const Decoder& decoder, DType dtype);

/// The model's tensors as one safetensors file, rounded to `dtype` (F32, F16 or BF16). `proceed` is
/// asked before every tensor; its error ends the writing.
Status writeStockWeights(const std::filesystem::path& path, const StockModel& model, DType dtype,
                         const std::function<Status()>& proceed = nullptr);

/// The parameters of llama3's rotation that give these divisors of the frequencies (what GGUF keeps
/// of them), among those that released models use; nothing where none does.
std::optional<RopeConfig> llama3Rotation(const ModelConfig& config);

}  // namespace skd
