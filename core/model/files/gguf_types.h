#pragma once

#include <ATen/ATen.h>

#include <map>
#include <string>

#include "formats/storage_type.h"
#include "model/files/stock_model.h"

namespace skd {

/// How the matrices of a GGUF file are stored, by llama.cpp's names: in one type, or the three
/// quantised ones in a mix.
enum class GgufMix { F32, F16, BF16, Q8_0, Q4_0, Q4_K_M, Q5_K_M, Q6_K };

/// The number of general.file_type.
std::uint32_t ggufFileType(GgufMix mix);
bool isQuantised(GgufMix mix);

/// The type of one tensor by the rule of llama-quantize (llama-quant.cpp): vectors F32. In mixes
/// the head, or the embedding that is the head, Q6_K; of the _M mixes in the first and last eighth
/// of the layers and every third between them value (or all of attention's three in one) and down
/// Q6_K. Where rows are no multiple of 256, Q5_0 stands for Q4_K, Q5_1 for Q5_K and Q8_0 for Q6_K;
/// where they are none of 32, F16 for all.
GgmlType ggufTensorType(GgufMix mix, const std::string& ggufName, at::IntArrayRef shape,
                        const ModelConfig& config);

/// What a model of this mix takes: bytes of all tensors, and how many matrices are of each type.
struct GgufSizes {
    std::uint64_t bytes = 0;
    std::map<std::string, std::int64_t> matrices;  ///< by the name of the type, "Q4_K"
    std::int64_t narrow = 0;  ///< matrices that have another type for the length of their rows
};
GgufSizes ggufSizes(const StockModel& model, GgufMix mix);

}  // namespace skd
