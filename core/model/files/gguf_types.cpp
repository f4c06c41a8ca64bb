#include "model/files/gguf_types.h"

#include <array>
#include <charconv>

#include "formats/tensor_view.h"
#include "model/files/weight_source.h"

namespace skd {
namespace {

struct MixRow {
    GgufMix mix;
    GgmlType type;           ///< of most matrices
    std::uint32_t fileType;  ///< llama.h, llama_ftype
    bool quantised = false;
    bool moreBits = false;  ///< for some layers' value and down
};
constexpr std::array kMixes{
    MixRow{GgufMix::F32, GgmlType::F32, 0},
    MixRow{GgufMix::F16, GgmlType::F16, 1},
    MixRow{GgufMix::BF16, GgmlType::BF16, 32},
    MixRow{GgufMix::Q8_0, GgmlType::Q8_0, 7, true},
    MixRow{GgufMix::Q4_0, GgmlType::Q4_0, 2, true},
    MixRow{GgufMix::Q4_K_M, GgmlType::Q4_K, 15, true, true},
    MixRow{GgufMix::Q5_K_M, GgmlType::Q5_K, 17, true, true},
    MixRow{GgufMix::Q6_K, GgmlType::Q6_K, 18, true},
};
static_assert(kMixes.back().mix == GgufMix::Q6_K);

const MixRow& rowOf(GgufMix mix) {
    return kMixes[static_cast<std::size_t>(mix)];
}

/// The number in "blk.N.", -1 elsewhere.
std::int64_t layerOf(const std::string& name) {
    std::int64_t layer = -1;
    if (name.starts_with("blk."))
        std::from_chars(name.data() + 4, name.data() + name.size(), layer);
    return layer;
}

bool getsMoreBits(std::int64_t layer, std::int64_t layers) {
    const std::int64_t eighth = layers / 8;
    return layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2;
}

/// Before lengths of rows count.
GgmlType wantedType(const MixRow& row, const std::string& name, const ModelConfig& config) {
    if (!row.quantised || row.type == GgmlType::Q8_0) return row.type;
    if (name == (config.tiedHead ? "token_embd.weight" : "output.weight")) return GgmlType::Q6_K;
    const bool value = name.ends_with("attn_v.weight") || name.ends_with("attn_qkv.weight");
    if (!value && !name.ends_with("ffn_down.weight")) return row.type;
    const auto layers = static_cast<std::int64_t>(config.layers.size());
    if (row.moreBits && getsMoreBits(layerOf(name), layers)) return GgmlType::Q6_K;
    // To llama.cpp a model of 80 layers is the 70B one, where eight heads share a value.
    const bool shared = traits(config.family).ggufPermuted ? config.keyValueHeads != config.heads
                                                           : config.family == Family::Qwen2;
    const bool seventy = value && layers == 80 && shared;
    return seventy && row.type == GgmlType::Q4_K ? GgmlType::Q5_K : row.type;
}

GgmlType shorterBlocks(GgmlType type) {
    switch (type) {
        case GgmlType::Q4_K:
            return GgmlType::Q5_0;
        case GgmlType::Q5_K:
            return GgmlType::Q5_1;
        case GgmlType::Q6_K:
            return GgmlType::Q8_0;
        default:
            return type;
    }
}

GgmlType fitting(GgmlType wanted, std::int64_t columns) {
    const auto fits = [&](GgmlType type) { return columns % storageBlock(type).values == 0; };
    if (fits(wanted)) return wanted;
    const GgmlType shorter = shorterBlocks(wanted);
    return fits(shorter) ? shorter : GgmlType::F16;
}

}  // namespace

std::uint32_t ggufFileType(GgufMix mix) {
    return rowOf(mix).fileType;
}

bool isQuantised(GgufMix mix) {
    return rowOf(mix).quantised;
}

GgmlType ggufTensorType(GgufMix mix, const std::string& ggufName, at::IntArrayRef shape,
                        const ModelConfig& config) {
    if (shape.size() < 2) return GgmlType::F32;
    return fitting(wantedType(rowOf(mix), ggufName, config), shape.back());
}

GgufSizes ggufSizes(const StockModel& model, GgufMix mix) {
    GgufSizes sizes;
    for (const StockTensor& tensor : model.tensors) {
        const std::string name = ggufTensorName(tensor.name, model.config.family);
        const GgmlType type = ggufTensorType(mix, name, tensor.shape, model.config);
        sizes.bytes += storedByteCount(type, tensor.shape).value_or(0);
        if (tensor.shape.size() < 2) continue;
        ++sizes.matrices[storageTypeName(type)];
        sizes.narrow += type != wantedType(rowOf(mix), name, model.config);
    }
    return sizes;
}

}  // namespace skd
