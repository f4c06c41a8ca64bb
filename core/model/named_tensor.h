#pragma once

#include <ATen/ATen.h>

#include <string>

namespace skd {

struct NamedTensor {
    std::string name;
    at::Tensor tensor;
};

}  // namespace skd
