#include "base/result.h"

#include "base/fields.h"

namespace skd {

template <>
inline constexpr auto kNames<ErrorCode> = names<ErrorCode>({
    {ErrorCode::InvalidInput, "invalid_input"},
    {ErrorCode::NotFound, "not_found"},
    {ErrorCode::Unsupported, "unsupported"},
    {ErrorCode::Corrupt, "corrupt"},
    {ErrorCode::Newer, "newer"},
    {ErrorCode::Io, "io"},
    {ErrorCode::NoSpace, "no_space"},
    {ErrorCode::OutOfMemory, "out_of_memory"},
    {ErrorCode::Busy, "busy"},
    {ErrorCode::Numeric, "numeric"},
    {ErrorCode::Internal, "internal"},
});

const char* errorCodeName(ErrorCode code) {
    return enumName(code);
}

}  // namespace skd
