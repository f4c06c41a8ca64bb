#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "base/fields.h"

namespace skd {

/// What kind of failure an Error is; decides the exit code and the icon, never the wording.
enum class ErrorCode {
    InvalidInput,  ///< a spec, option or argument the user gave is wrong
    NotFound,      ///< a file, run, tensor or name that should exist does not
    Unsupported,   ///< understood, but not something this program does
    Corrupt,       ///< a file from outside breaks its own format
    Newer,         ///< written by a newer version of this program
    Io,            ///< reading or writing failed
    NoSpace,       ///< the disk is full
    OutOfMemory,
    Busy,      ///< owned by another process, or already running
    Numeric,   ///< a non-finite or non-converging computation
    Internal,  ///< our bug
};

/// Short stable names of the codes, for JSON and logs.
template <>
inline constexpr auto kNames<ErrorCode> = names<ErrorCode>({"invalid_input", "not_found",
                                                            "unsupported", "corrupt", "newer", "io",
                                                            "no_space", "out_of_memory", "busy",
                                                            "numeric", "internal"});

/// A failure users can act on: the message says what, where, and what to do.
struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string message;

    /// The same error with `where` put before its message, e.g. a file name.
    [[nodiscard]] Error in(const std::string& where) const {
        return {code, where + ": " + message};
    }
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
    return tl::unexpected<Error>(Error{code, std::move(message)});
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>(std::move(error));
}

/// `result`, its error with `where` put in front.
template <class T>
Result<T> located(Result<T> result, const std::string& where) {
    return std::move(result).map_error([&](const Error& error) { return error.in(where); });
}

}  // namespace skd

#define SKD_CONCAT_INNER(a, b) a##b
#define SKD_CONCAT(a, b) SKD_CONCAT_INNER(a, b)
/// Evaluates a Result expression; returns its error from the enclosing function, else binds it.
#define SKD_TRY(declaration, expression) \
    SKD_TRY_IMPL(SKD_CONCAT(skdTry, __LINE__), declaration, expression)
#define SKD_TRY_IMPL(temporary, declaration, expression)              \
    auto temporary = (expression);                                    \
    if (!temporary) return ::skd::fail(std::move(temporary).error()); \
    declaration = std::move(*temporary)
/// The same for a Status.
#define SKD_CHECK(expression)                                 \
    do {                                                      \
        if (auto skdStatus = (expression); !skdStatus)        \
            return ::skd::fail(std::move(skdStatus).error()); \
    } while (false)
