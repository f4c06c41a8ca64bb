#pragma once

#include <filesystem>
#include <vector>

#include "formats/gguf_writer.h"
#include "model/files/gguf_types.h"
#include "model/files/stock_model.h"

namespace skd {

/// The metadata of the architecture (general.architecture and its keys), as parseGgufConfig and
/// llama.cpp read it. Unsupported for what llama.cpp has no key for: the dynamic rotation, windows
/// in some layers of a family without a pattern of them, another pattern or query scale than
/// Gemma's own. Layers of different widths make the architecture "deci", which is llama with widths
/// and heads by layer; other families are refused.
Result<std::vector<GgufField>> ggufConfigFields(const ModelConfig& config);

/// Writes a model as GGUF: matrices by ggufTensorType, vectors as F32. `fields` come before those
/// of the tensors' types, which are added. `proceed` is asked before every tensor; its error ends
/// the writing.
Status writeGgufModel(const std::filesystem::path& path, const StockModel& model, GgufMix mix,
                      std::vector<GgufField> fields,
                      const std::function<Status()>& proceed = nullptr);

}  // namespace skd
