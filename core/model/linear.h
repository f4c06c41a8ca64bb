#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <string>
#include <variant>

namespace skd {

/// y = W x
struct DenseWeight {
    at::Tensor weight;  ///< [out, in]
};
/// y = A (B x)
struct LowRankWeight {
    at::Tensor a;  ///< [out, rank]
    at::Tensor b;  ///< [rank, in]
};
/// y = (W * mask) x; the mask stays through training
struct MaskedWeight {
    at::Tensor weight;  ///< [out, in], already zero where masked
    at::Tensor mask;    ///< [out, in], bool
};

/// y = P [I; C] (B x): rows of the output are those of z = B x and of C z, put in their places. B
/// is some rows of the matrix itself (identity_block.h).
struct IdentityBlockWeight {
    at::Tensor c;  ///< [out - rank, rank]
    at::Tensor b;  ///< [rank, in]
    /// [out] int32: the place of a row in [z; C z]; rows of z, and rows of C z, stay in order. It
    /// is fixed, and no parameter.
    at::Tensor order;
};

/// y = A_r (B_r x) with the first r components of an ordered pair of factors: row i of either is
/// component i, so that any smaller rank is a prefix without gaps (resources/help/method.md,
/// Elastic students: the factors). Training at a rank leaves all rows from there on alone.
struct ElasticWeight {
    at::Tensor a;           ///< [cap, out]
    at::Tensor b;           ///< [cap, in]
    std::int64_t rank = 0;  ///< in use, 1 to cap
    [[nodiscard]] std::int64_t cap() const { return a.size(0); }
    /// The components in use; views.
    [[nodiscard]] at::Tensor usedA() const { return a.narrow(0, 0, rank); }
    [[nodiscard]] at::Tensor usedB() const { return b.narrow(0, 0, rank); }
};

/// A linear map of a decoder, in one of a small closed set of forms. Everything that walks matrices
/// (spectra, pruning, optimiser, checkpoints, prices) goes through this interface.
class Linear {
public:
    using Form =
        std::variant<DenseWeight, LowRankWeight, MaskedWeight, IdentityBlockWeight, ElasticWeight>;

    Linear() = default;
    Linear(std::string name, Form form, at::Tensor bias = {});

    [[nodiscard]] const std::string& name() const { return m_name; }  ///< Hugging Face module name
    void rename(std::string name) { m_name = std::move(name); }
    /// False where a model lacks the part.
    [[nodiscard]] bool isDefined() const { return !m_name.empty(); }
    [[nodiscard]] std::int64_t rows() const;     ///< out features
    [[nodiscard]] std::int64_t columns() const;  ///< in features
    /// In use; 0 where neither factors nor identity block.
    [[nodiscard]] std::int64_t rank() const;
    /// Weights in use and bias: neither the zeros of a mask nor idle components are counted.
    [[nodiscard]] std::int64_t parameterCount() const;
    [[nodiscard]] std::int64_t maskedZeros() const;  ///< weights that a mask holds at zero
    /// Stored weights of an elastic matrix beyond its rank; 0 in any other form.
    [[nodiscard]] std::int64_t idleParameters() const;
    /// Multiply-adds for one row of input: the weights in use, zeros of a mask included.
    [[nodiscard]] std::int64_t multiplyAdds() const;
    [[nodiscard]] std::int64_t orderBytes() const;  ///< of an identity block's permutation, or 0
    [[nodiscard]] const Form& form() const { return m_form; }
    [[nodiscard]] bool isDense() const { return std::holds_alternative<DenseWeight>(m_form); }
    [[nodiscard]] at::Tensor weight() const;  ///< [out, in], factors multiplied out
    [[nodiscard]] const at::Tensor& bias() const { return m_bias; }

    [[nodiscard]] at::Tensor forward(const at::Tensor& input) const;  ///< [..., in] -> [..., out]
    void replace(Form form) { m_form = std::move(form); }
    /// The elastic form, or null.
    [[nodiscard]] const ElasticWeight* elastic() const {
        return std::get_if<ElasticWeight>(&m_form);
    }
    /// Of an elastic matrix alone: how many of its components are used from now on, 1 to its cap. A
    /// backward pass keeps to the rank of its forward pass.
    void setElasticRank(std::int64_t rank);

    using Visitor = std::function<void(const std::string& name, at::Tensor& tensor)>;
    /// Trainable tensors with their names ("NAME.weight", "NAME.a", "NAME.b", "NAME.c",
    /// "NAME.elastic_a", "NAME.elastic_b", "NAME.bias"); C without rows is left out, idle
    /// components are not.
    void visitParameters(const Visitor& visitor);

private:
    std::string m_name;
    Form m_form;
    at::Tensor m_bias;
};

/// input [.., in], weight [out, in], bias [out] or undefined -> [.., out], in the input's type,
/// with gradients of all three. The weights may be held in bf16 where the input is f32: they are
/// widened as they are read.
///
/// On the CPU three ways lead there: up to 8 rows of input where no gradient is wanted go through
/// gemv_kernels.h, where reading the weights is all the work; f32 input otherwise through gemm.h;
/// the rest is at::linear. Where a weight that takes part in autograd has its gradient already,
/// what a further backward pass gives is added into that tensor in place.
at::Tensor linearMap(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace skd
