#include "base/result.h"

#include "base/fields.h"

namespace skd {

template <>
inline constexpr auto kNames<ErrorCode> = names<ErrorCode>({"invalid_input", "not_found",
                                                            "unsupported", "corrupt", "newer", "io",
                                                            "no_space", "out_of_memory", "busy",
                                                            "numeric", "internal"});

const char* errorCodeName(ErrorCode code) {
    return enumName(code);
}

}  // namespace skd
