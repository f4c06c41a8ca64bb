#include "formats/storage_type.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>

namespace skd {
namespace {

struct DTypeRow {
    DType type;
    int bits;
    const char* name;
    const char* torchName;
};

constexpr std::array kDTypes{
    DTypeRow{DType::Bool, 8, "BOOL", "bool"},
    DTypeRow{DType::F4, 4, "F4", "float4_e2m1fn_x2"},
    DTypeRow{DType::F6E2M3, 6, "F6_E2M3", "float6_e2m3fn"},
    DTypeRow{DType::F6E3M2, 6, "F6_E3M2", "float6_e3m2fn"},
    DTypeRow{DType::U8, 8, "U8", "uint8"},
    DTypeRow{DType::I8, 8, "I8", "int8"},
    DTypeRow{DType::F8E5M2, 8, "F8_E5M2", "float8_e5m2"},
    DTypeRow{DType::F8E4M3, 8, "F8_E4M3", "float8_e4m3fn"},
    DTypeRow{DType::F8E8M0, 8, "F8_E8M0", "float8_e8m0fnu"},
    DTypeRow{DType::F8E4M3Fnuz, 8, "F8_E4M3FNUZ", "float8_e4m3fnuz"},
    DTypeRow{DType::F8E5M2Fnuz, 8, "F8_E5M2FNUZ", "float8_e5m2fnuz"},
    DTypeRow{DType::I16, 16, "I16", "int16"},
    DTypeRow{DType::U16, 16, "U16", "uint16"},
    DTypeRow{DType::F16, 16, "F16", "float16"},
    DTypeRow{DType::BF16, 16, "BF16", "bfloat16"},
    DTypeRow{DType::I32, 32, "I32", "int32"},
    DTypeRow{DType::U32, 32, "U32", "uint32"},
    DTypeRow{DType::F32, 32, "F32", "float32"},
    DTypeRow{DType::C64, 64, "C64", "complex64"},
    DTypeRow{DType::F64, 64, "F64", "float64"},
    DTypeRow{DType::I64, 64, "I64", "int64"},
    DTypeRow{DType::U64, 64, "U64", "uint64"},
};

constexpr bool rowsFollowTheEnum() {
    for (std::size_t i = 0; i < kDTypes.size(); ++i)
        if (kDTypes[i].type != static_cast<DType>(i)) return false;
    return kDTypes.size() == static_cast<std::size_t>(DType::U64) + 1;
}
static_assert(rowsFollowTheEnum());

const DTypeRow& rowOf(DType type) {
    return kDTypes[static_cast<std::size_t>(type)];
}

struct GgmlRow {
    GgmlType type;
    const char* name;
    StorageBlock block;
};

// ggml-common.h, block_* structures.
constexpr std::array kGgmlTypes{
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
    const auto* row = std::ranges::find(kGgmlTypes, type, &GgmlRow::type);
    return row == kGgmlTypes.end() ? nullptr : row;
}

const GgmlRow& rowOf(GgmlType type) {
    const GgmlRow* row = findRow(type);
    assert(row != nullptr);
    return *row;
}

}  // namespace

int bitsPerValue(DType type) {
    return rowOf(type).bits;
}

const char* torchDtypeName(DType type) {
    return rowOf(type).torchName;
}

std::optional<DType> dtypeFromName(std::string_view name) {
    for (const DTypeRow& row : kDTypes)
        if (name == row.name) return row.type;
    return std::nullopt;
}

std::optional<GgmlType> ggmlTypeFromNumber(std::uint32_t number) {
    const GgmlRow* row = findRow(static_cast<GgmlType>(number));
    if (row == nullptr) return std::nullopt;
    return row->type;
}

bool isRemovedGgmlType(std::uint32_t number) {
    return std::ranges::find(kRemoved, number) != kRemoved.end();
}

const char* storageTypeName(StorageType type) {
    return std::visit([](auto each) { return rowOf(each).name; }, type);
}

StorageBlock storageBlock(StorageType type) {
    if (const DType* dtype = std::get_if<DType>(&type)) return {1, bitsPerValue(*dtype) / 8};
    return rowOf(std::get<GgmlType>(type)).block;
}

}  // namespace skd
