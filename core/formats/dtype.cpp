#include "formats/dtype.h"

#include <array>
#include <cstddef>

namespace skd {
namespace {

struct DTypeRow {
    DType type;
    int bits;
    const char* name;
    const char* torchName;
};

constexpr std::array kDTypeRows{
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
    for (std::size_t i = 0; i < kDTypeRows.size(); ++i)
        if (kDTypeRows[i].type != static_cast<DType>(i)) return false;
    return kDTypeRows.size() == static_cast<std::size_t>(DType::U64) + 1;
}
static_assert(rowsFollowTheEnum());

const DTypeRow& rowOf(DType type) {
    return kDTypeRows[static_cast<std::size_t>(type)];
}

}  // namespace

int bitsPerValue(DType type) {
    return rowOf(type).bits;
}

const char* dtypeName(DType type) {
    return rowOf(type).name;
}

const char* torchDtypeName(DType type) {
    return rowOf(type).torchName;
}

std::optional<DType> dtypeFromName(std::string_view name) {
    for (const DTypeRow& row : kDTypeRows)
        if (name == row.name) return row.type;
    return std::nullopt;
}

std::optional<DType> dtypeFromTorchName(std::string_view name) {
    constexpr std::string_view kPrefix = "torch.";
    if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
    for (const DTypeRow& row : kDTypeRows)
        if (name == row.torchName) return row.type;
    return std::nullopt;
}

}  // namespace skd
