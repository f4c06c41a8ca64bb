#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/json.h"
#include "formats/safetensors_file.h"
#include "formats/safetensors_seal.h"
#include "model/files/model_loader.h"
#include "model/files/module_layout.h"

namespace skd {

/// What tensors of a type are stored as; nothing for a type that no decoder has.
std::optional<DType> storedTypeOf(at::ScalarType type);

/// What the JSON of a decoder's file says about its tensors.
struct DecoderParts {
    Json layers;  ///< array of {"fused_gate_up": bool}
    Json masked;  ///< names of matrices whose zeros are a mask; null where masks are stored
    Json ranks;   ///< ranks in use by name of elastic matrix; null where none is elastic
    bool modules = false;  ///< under the names of moduleTensors (module_layout.h)
};

/// Puts the tensors of a file in the places that a decoder of a config has.
class DecoderReader {
public:
    /// `file` must outlive it.
    DecoderReader(const SafetensorsFile& file, const LoadOptions& options, DecoderParts parts);

    /// Corrupt where a part is missing, of another shape than its neighbours need, not finite, or
    /// left over.
    Result<Decoder> read(const ModelConfig& config);

private:
    void readMatrices(DecoderLayer& layer, const std::string& prefix, bool fused);
    Linear linear(const std::string& name);
    Linear block(const std::string& name, MatrixTensors tensors);
    Linear elastic(const std::string& name);
    void checkBias(const std::string& name, const at::Tensor& bias, std::int64_t rows);
    at::Tensor find(const std::string& name);
    [[nodiscard]] Status checkAllUsed() const;
    void note(std::string problem);

    const SafetensorsFile& m_file;
    TensorCopier m_copier;
    LoadOptions m_options;
    at::ScalarType m_held;
    DecoderParts m_parts;
    std::set<std::string> m_used, m_masked;
    std::set<std::string> m_elastic;  ///< names of the elastic matrices read so far
    Status m_status;
};

}  // namespace skd
