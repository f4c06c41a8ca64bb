#pragma once

#include <ATen/ATen.h>

#include "model/linear.h"

/// The elastic form's arithmetic (resources/help/method.md, Elastic students: the factors).
namespace skd {

/// input [.., in] -> [.., out] through the first `rank` components, in the input's type, with
/// gradients of input, factors and bias. Weights may be held in bf16 where the input is f32.
///
/// Of a factor's gradient the rows from `rank` on get nothing. A factor that has a gradient already
/// gets more added into its first rows in place, and nothing of the factor's whole size is made.
///
/// From 2,048 rows of input on, where the factors would take more multiply-adds than the matrix and
/// its making (productPays), the product is formed once and used instead.
at::Tensor elasticMap(const at::Tensor& input, const ElasticWeight& weight, const at::Tensor& bias);

/// The matrix at the rank in use, [out, in] in `type`, without gradient.
at::Tensor elasticProduct(const ElasticWeight& weight, at::ScalarType type);

/// Whether `rows` rows of input pay for the product: r (m + n) > m n (1 + r / rows) for a matrix
/// [m, n] at rank r, and at least 2,048 of them. Holds for the way back as well, of which every
/// product has its twin.
bool productPays(const ElasticWeight& weight, std::int64_t rows);

}  // namespace skd
