#pragma once

#include <ATen/ATen.h>

#include <set>
#include <string>

#include "base/result.h"
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
    [[nodiscard]] bool has(const std::string& name) const { return find(name) != nullptr; }
    /// Fails when a tensor of the file was never read (other than those that carry no weights).
    [[nodiscard]] Status checkAllUsed() const;

protected:
    [[nodiscard]] virtual const TensorView* find(const std::string& name) const = 0;
    [[nodiscard]] virtual const std::vector<TensorView>& all() const = 0;
    /// True for a stored name that may stay unread.
    [[nodiscard]] virtual bool isIgnorable(const std::string& storedName) const = 0;
    /// Undoes what the format does to the rows of `name`.
    [[nodiscard]] virtual at::Tensor restore(const std::string& name, at::Tensor tensor) const {
        return (void)name, tensor;
    }

private:
    std::set<std::string> m_used;
};

}  // namespace skd
