#pragma once

#include <filesystem>
#include <span>

#include "base/result.h"
#include "formats/safetensors_file.h"
#include "formats/tensor_view.h"

namespace skd {

/// Writes a safetensors file; it appears under `path` only when complete. Tensors are stored as the
/// reference writer stores them: by element type, strongest alignment first, then by name; data
/// begins at a multiple of 8 bytes. transformers wants {"format": "pt"} in `metadata`.
/// Refuses ggml types, a name that occurs twice or that the reader would refuse, bytes that do not
/// match type and shape, and a header above kMaxSafetensorsHeader.
Status writeSafetensors(const std::filesystem::path& path, std::span<const TensorOut> tensors,
                        const SafetensorsMetadata& metadata = {});

/// The same for a file of our own that is read back: every changed byte is noticed
/// (formats/safetensors_seal.h).
Status writeSealedSafetensors(const std::filesystem::path& path, std::span<const TensorOut> tensors,
                              const SafetensorsMetadata& metadata = {});

}  // namespace skd
