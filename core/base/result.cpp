#include "base/result.h"

namespace skd {

const char* errorCodeName(ErrorCode code) {
    switch (code) {
        case ErrorCode::InvalidInput:
            return "invalid_input";
        case ErrorCode::NotFound:
            return "not_found";
        case ErrorCode::Unsupported:
            return "unsupported";
        case ErrorCode::Corrupt:
            return "corrupt";
        case ErrorCode::Newer:
            return "newer";
        case ErrorCode::Io:
            return "io";
        case ErrorCode::NoSpace:
            return "no_space";
        case ErrorCode::OutOfMemory:
            return "out_of_memory";
        case ErrorCode::Busy:
            return "busy";
        case ErrorCode::Numeric:
            return "numeric";
        case ErrorCode::Internal:
            return "internal";
    }
    return "internal";
}

}  // namespace skd
