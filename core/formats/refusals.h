#pragma once

#include "base/result.h"
#include "base/text.h"

namespace skd {

/// The error of a file that breaks its own format; the parts make up the message.
template <class... Parts>
[[nodiscard]] tl::unexpected<Error> corrupt(const Parts&... parts) {
    return fail(ErrorCode::Corrupt, strCat(parts...));
}

/// The error of what is understood, but not read or written here.
template <class... Parts>
[[nodiscard]] tl::unexpected<Error> unsupported(const Parts&... parts) {
    return fail(ErrorCode::Unsupported, strCat(parts...));
}

}  // namespace skd
