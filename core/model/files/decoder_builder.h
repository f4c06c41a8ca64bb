#pragma once

#include "model/decoder.h"
#include "model/files/weight_source.h"

namespace skd {

/// Fills a decoder of this config from a source, converting to `dtype` on `device` tensor by
/// tensor.
Result<Decoder> buildDecoder(const ModelConfig& config, WeightSource& source, at::Device device,
                             at::ScalarType dtype);

}  // namespace skd
