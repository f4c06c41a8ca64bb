#include "formats/storage_type.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace skd {
namespace {

struct Row {
    StorageType type;
    const char* name;
    StorageBlock block;
    const char* torchName = "";
};

constexpr std::array kRows{
    Row{DType::Bool, "BOOL", {1, 1}, "bool"},
    Row{DType::F4, "F4", {2, 1}, "float4_e2m1fn_x2"},
    Row{DType::F6E2M3, "F6_E2M3", {4, 3}, "float6_e2m3fn"},
    Row{DType::F6E3M2, "F6_E3M2", {4, 3}, "float6_e3m2fn"},
    Row{DType::U8, "U8", {1, 1}, "uint8"},
    Row{DType::I8, "I8", {1, 1}, "int8"},
    Row{DType::F8E5M2, "F8_E5M2", {1, 1}, "float8_e5m2"},
    Row{DType::F8E4M3, "F8_E4M3", {1, 1}, "float8_e4m3fn"},
    Row{DType::F8E8M0, "F8_E8M0", {1, 1}, "float8_e8m0fnu"},
    Row{DType::F8E4M3Fnuz, "F8_E4M3FNUZ", {1, 1}, "float8_e4m3fnuz"},
    Row{DType::F8E5M2Fnuz, "F8_E5M2FNUZ", {1, 1}, "float8_e5m2fnuz"},
    Row{DType::I16, "I16", {1, 2}, "int16"},
    Row{DType::U16, "U16", {1, 2}, "uint16"},
    Row{DType::F16, "F16", {1, 2}, "float16"},
    Row{DType::BF16, "BF16", {1, 2}, "bfloat16"},
    Row{DType::I32, "I32", {1, 4}, "int32"},
    Row{DType::U32, "U32", {1, 4}, "uint32"},
    Row{DType::F32, "F32", {1, 4}, "float32"},
    Row{DType::C64, "C64", {1, 8}, "complex64"},
    Row{DType::F64, "F64", {1, 8}, "float64"},
    Row{DType::I64, "I64", {1, 8}, "int64"},
    Row{DType::U64, "U64", {1, 8}, "uint64"},
    // ggml-common.h, block_* structures.
    Row{GgmlType::F32, "F32", {1, 4}},
    Row{GgmlType::F16, "F16", {1, 2}},
    Row{GgmlType::Q4_0, "Q4_0", {32, 18}},
    Row{GgmlType::Q4_1, "Q4_1", {32, 20}},
    Row{GgmlType::Q5_0, "Q5_0", {32, 22}},
    Row{GgmlType::Q5_1, "Q5_1", {32, 24}},
    Row{GgmlType::Q8_0, "Q8_0", {32, 34}},
    Row{GgmlType::Q8_1, "Q8_1", {32, 36}},
    Row{GgmlType::Q2_K, "Q2_K", {256, 84}},
    Row{GgmlType::Q3_K, "Q3_K", {256, 110}},
    Row{GgmlType::Q4_K, "Q4_K", {256, 144}},
    Row{GgmlType::Q5_K, "Q5_K", {256, 176}},
    Row{GgmlType::Q6_K, "Q6_K", {256, 210}},
    Row{GgmlType::Q8_K, "Q8_K", {256, 292}},
    Row{GgmlType::IQ2_XXS, "IQ2_XXS", {256, 66}},
    Row{GgmlType::IQ2_XS, "IQ2_XS", {256, 74}},
    Row{GgmlType::IQ3_XXS, "IQ3_XXS", {256, 98}},
    Row{GgmlType::IQ1_S, "IQ1_S", {256, 50}},
    Row{GgmlType::IQ4_NL, "IQ4_NL", {32, 18}},
    Row{GgmlType::IQ3_S, "IQ3_S", {256, 110}},
    Row{GgmlType::IQ2_S, "IQ2_S", {256, 82}},
    Row{GgmlType::IQ4_XS, "IQ4_XS", {256, 136}},
    Row{GgmlType::I8, "I8", {1, 1}},
    Row{GgmlType::I16, "I16", {1, 2}},
    Row{GgmlType::I32, "I32", {1, 4}},
    Row{GgmlType::I64, "I64", {1, 8}},
    Row{GgmlType::F64, "F64", {1, 8}},
    Row{GgmlType::IQ1_M, "IQ1_M", {256, 56}},
    Row{GgmlType::BF16, "BF16", {1, 2}},
    Row{GgmlType::TQ1_0, "TQ1_0", {256, 54}},
    Row{GgmlType::TQ2_0, "TQ2_0", {256, 66}},
    Row{GgmlType::MXFP4, "MXFP4", {32, 17}},
    Row{GgmlType::NVFP4, "NVFP4", {64, 36}},
    Row{GgmlType::Q1_0, "Q1_0", {128, 18}},
    Row{GgmlType::Q2_0, "Q2_0", {64, 18}},
};

constexpr std::array<std::uint32_t, 8> kRemoved{4, 5, 31, 32, 33, 36, 37, 38};

const Row* findRow(StorageType type) {
    const auto* row = std::ranges::find(kRows, type, &Row::type);
    return row == kRows.end() ? nullptr : row;
}

const Row& rowOf(StorageType type) {
    const Row* row = findRow(type);
    assert(row != nullptr);
    return *row;
}

}  // namespace

const char* torchDtypeName(DType type) {
    return rowOf(type).torchName;
}

std::optional<DType> dtypeFromName(std::string_view name) {
    for (const Row& row : kRows)
        if (const auto* type = std::get_if<DType>(&row.type); type != nullptr && name == row.name)
            return *type;
    return std::nullopt;
}

std::optional<GgmlType> ggmlTypeFromNumber(std::uint32_t number) {
    const auto type = static_cast<GgmlType>(number);
    return findRow(type) == nullptr ? std::nullopt : std::optional(type);
}

bool isRemovedGgmlType(std::uint32_t number) {
    return std::ranges::find(kRemoved, number) != kRemoved.end();
}

const char* storageTypeName(StorageType type) {
    return rowOf(type).name;
}

StorageBlock storageBlock(StorageType type) {
    return rowOf(type).block;
}

}  // namespace skd
