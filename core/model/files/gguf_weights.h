#pragma once

#include "formats/gguf_file.h"
#include "model/files/weight_source.h"

namespace skd {

/// A GGUF file's tensors under Hugging Face names; q and k of families that GGUF stores for
/// interleaved rotation are put back into half-split order, and norms that it stores as 1 + w lose
/// the 1 (resources/help/formats.md, Permuted rows and Gemma 3).
class GgufWeights final : public WeightSource {
public:
    GgufWeights(const GgufFile& file, const ModelConfig& config) : m_file(file), m_config(config) {}

protected:
    [[nodiscard]] const TensorView* find(const std::string& name) const override;
    [[nodiscard]] const std::vector<TensorView>& all() const override { return m_file.tensors(); }
    [[nodiscard]] bool isIgnorable(const std::string& storedName) const override;
    [[nodiscard]] at::Tensor restore(const std::string& name, at::Tensor tensor) const override;

private:
    const GgufFile& m_file;
    const ModelConfig& m_config;
};

/// "model.layers.3.mlp.up_proj.weight" -> "blk.3.ffn_up.weight"; "" for a name GGUF has no place
/// for.
std::string ggufTensorName(const std::string& huggingFaceName, Family family);
/// Values of a tensor as GGUF stores them: the inverse of what GgufWeights does on reading.
at::Tensor ggufTensor(const std::string& huggingFaceName, const at::Tensor& tensor,
                      const ModelConfig& config);
/// Rows from GGUF's interleaved order to half-split order, per head; a matrix or a bias.
at::Tensor unpermuteRotary(const at::Tensor& tensor, std::int64_t heads);
/// The inverse, for writing GGUF.
at::Tensor permuteRotary(const at::Tensor& tensor, std::int64_t heads);

}  // namespace skd
