#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/decoder.h"
#include "model/named_tensor.h"

/// The tensors of a matrix by name. Models of runs keep those of Linear::visitParameters; exports
/// keep the weights of the modules that resources/export/modeling_sparsekd.py has in their place.
namespace skd {

/// Every tensor of a decoder as an export keeps it: factors are modules of their own (NAME.a.weight
/// and NAME.b.weight); gate and up in one are written apart, with shared_proj as the first factor
/// of both where they are factored. Only an identity block of both stays one.
std::vector<NamedTensor> moduleTensors(const Decoder& decoder);

/// What a file has of one matrix; undefined where it has nothing.
struct MatrixTensors {
    at::Tensor weight, mask, a, b, c, order, bias;
};

/// `find` returns the tensor of a name, or an undefined one. `modules`: under the names of
/// moduleTensors. Gate and up whose halves do not fit each other are returned as not there.
MatrixTensors matrixTensors(const std::string& name, bool modules,
                            const std::function<at::Tensor(const std::string&)>& find);

}  // namespace skd
