#include "run/failure.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <string>

#include "base/text.h"
#include "model/memory_error.h"

namespace skd {
namespace {

/// A backtrace may follow the first line.
std::string firstLine(const char* text) {
    constexpr std::size_t kLongest = 500;
    const std::string_view all = text;
    return std::string(all.substr(0, std::min(all.find('\n'), kLongest)));
}

}  // namespace

Error failureOf(const std::exception& error) {
    if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr)
        return {ErrorCode::OutOfMemory,
                "not enough GPU memory; use a smaller batch or sequence, or device cpu"};
    if (isOutOfMemory(error))
        return {ErrorCode::OutOfMemory,
                "not enough memory; use a smaller batch, sequence, text or model, or close other "
                "programs"};
    if (const auto* torch = dynamic_cast<const c10::Error*>(&error))
        return {ErrorCode::Internal,
                strCat("LibTorch failed: ", firstLine(torch->what_without_backtrace()))};
    return {ErrorCode::Internal, strCat("unexpected failure: ", firstLine(error.what()))};
}

}  // namespace skd
