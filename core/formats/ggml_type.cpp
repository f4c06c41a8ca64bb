#include "formats/ggml_type.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace skd {
namespace {

struct GgmlRow {
    GgmlType type;
    const char* name;
    GgmlBlock block;
};

// ggml-common.h, block_* structures.
constexpr std::array kGgmlRows{
    GgmlRow{GgmlType::F32, "F32", {1, 4}},
    GgmlRow{GgmlType::F16, "F16", {1, 2}},
    GgmlRow{GgmlType::Q4_0, "Q4_0", {32, 18}},
    GgmlRow{GgmlType::Q4_1, "Q4_1", {32, 20}},
    GgmlRow{GgmlType::Q5_0, "Q5_0", {32, 22}},
    GgmlRow{GgmlType::Q5_1, "Q5_1", {32, 24}},
    GgmlRow{GgmlType::Q8_0, "Q8_0", {32, 34}},
    GgmlRow{GgmlType::Q8_1, "Q8_1", {32, 36}},
    GgmlRow{GgmlType::Q2_K, "Q2_K", {256, 84}},
    GgmlRow{GgmlType::Q3_K, "Q3_K", {256, 110}},
    GgmlRow{GgmlType::Q4_K, "Q4_K", {256, 144}},
    GgmlRow{GgmlType::Q5_K, "Q5_K", {256, 176}},
    GgmlRow{GgmlType::Q6_K, "Q6_K", {256, 210}},
    GgmlRow{GgmlType::Q8_K, "Q8_K", {256, 292}},
    GgmlRow{GgmlType::IQ2_XXS, "IQ2_XXS", {256, 66}},
    GgmlRow{GgmlType::IQ2_XS, "IQ2_XS", {256, 74}},
    GgmlRow{GgmlType::IQ3_XXS, "IQ3_XXS", {256, 98}},
    GgmlRow{GgmlType::IQ1_S, "IQ1_S", {256, 50}},
    GgmlRow{GgmlType::IQ4_NL, "IQ4_NL", {32, 18}},
    GgmlRow{GgmlType::IQ3_S, "IQ3_S", {256, 110}},
    GgmlRow{GgmlType::IQ2_S, "IQ2_S", {256, 82}},
    GgmlRow{GgmlType::IQ4_XS, "IQ4_XS", {256, 136}},
    GgmlRow{GgmlType::I8, "I8", {1, 1}},
    GgmlRow{GgmlType::I16, "I16", {1, 2}},
    GgmlRow{GgmlType::I32, "I32", {1, 4}},
    GgmlRow{GgmlType::I64, "I64", {1, 8}},
    GgmlRow{GgmlType::F64, "F64", {1, 8}},
    GgmlRow{GgmlType::IQ1_M, "IQ1_M", {256, 56}},
    GgmlRow{GgmlType::BF16, "BF16", {1, 2}},
    GgmlRow{GgmlType::TQ1_0, "TQ1_0", {256, 54}},
    GgmlRow{GgmlType::TQ2_0, "TQ2_0", {256, 66}},
    GgmlRow{GgmlType::MXFP4, "MXFP4", {32, 17}},
    GgmlRow{GgmlType::NVFP4, "NVFP4", {64, 36}},
    GgmlRow{GgmlType::Q1_0, "Q1_0", {128, 18}},
    GgmlRow{GgmlType::Q2_0, "Q2_0", {64, 18}},
};

constexpr std::array<std::uint32_t, 8> kRemoved{4, 5, 31, 32, 33, 36, 37, 38};

const GgmlRow* findRow(GgmlType type) {
    const auto* row = std::find_if(kGgmlRows.begin(), kGgmlRows.end(),
                                   [type](const GgmlRow& each) { return each.type == type; });
    return row == kGgmlRows.end() ? nullptr : row;
}

}  // namespace

std::optional<GgmlType> ggmlTypeFromNumber(std::uint32_t number) {
    const GgmlRow* row = findRow(static_cast<GgmlType>(number));
    if (row == nullptr) return std::nullopt;
    return row->type;
}

bool isRemovedGgmlType(std::uint32_t number) {
    return std::find(kRemoved.begin(), kRemoved.end(), number) != kRemoved.end();
}

const char* ggmlTypeName(GgmlType type) {
    const GgmlRow* row = findRow(type);
    assert(row != nullptr);
    return row->name;
}

GgmlBlock ggmlBlock(GgmlType type) {
    const GgmlRow* row = findRow(type);
    assert(row != nullptr);
    return row->block;
}

}  // namespace skd
