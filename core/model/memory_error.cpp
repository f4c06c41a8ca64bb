#include "model/memory_error.h"

#include <c10/util/Exception.h>

#include <new>
#include <string_view>

namespace skd {

bool isOutOfMemory(const std::exception& error) {
    if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
        dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr)
        return true;
    const auto* other = dynamic_cast<const c10::Error*>(&error);
    return other != nullptr &&
           std::string_view(other->what_without_backtrace()).find("can't allocate memory") !=
               std::string_view::npos;
}

}  // namespace skd
