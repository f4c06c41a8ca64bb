#pragma once

#include <ATen/ATen.h>

#include <set>
#include <string>

#include "base/result.h"
#include "formats/gguf_file.h"
#include "formats/tensor_view.h"
#include "model/config/model_config.h"

namespace skd {

/// Tensors of a model file under their Hugging Face names, whatever the format calls and permutes
/// them.
class WeightSource {
public:
    virtual ~WeightSource() = default;
    /// Rows [begin, begin + shape[0]) of tensor `name`, f32 on the CPU. Errors: missing (NotFound),
    /// other shape (Corrupt); `wholeRows` is what the tensor must have in all.
    struct Slice {
        std::string name;
        std::vector<std::int64_t> shape;
        std::int64_t firstRow = 0, wholeRows = 0;
    };
    [[nodiscard]] Result<at::Tensor> read(const Slice& slice);
    /// True when the model holds the tensor.
    [[nodiscard]] bool has(const std::string& name) const { return find(name) != nullptr; }
    /// Fails when a tensor of the file was never read (other than those that carry no weights).
    [[nodiscard]] Status checkAllUsed() const;

protected:
    [[nodiscard]] virtual const TensorView* find(const std::string& name) const = 0;
    [[nodiscard]] virtual const std::vector<TensorView>& all() const = 0;
    /// True for a stored name that may stay unread.
    [[nodiscard]] virtual bool isIgnorable(const std::string& storedName) const = 0;
    /// Undoes what the format does to the rows of `name`.
    [[nodiscard]] virtual at::Tensor restore(const std::string& name,
                                             const at::Tensor& tensor) const {
        return (void)name, tensor;
    }

private:
    std::set<std::string> m_used;
};

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
    [[nodiscard]] at::Tensor restore(const std::string& name,
                                     const at::Tensor& tensor) const override;

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
