#include "fault/alloc/failing_new.h"

#include <dlfcn.h>
#include <execinfo.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <new>
#include <string_view>

namespace skd::test {
namespace {

std::atomic<bool> isArmed{false}, hasFailed{false};
std::atomic<long> left{0};

}  // namespace

void failAllocation(long number) {
    left = number;
    hasFailed = false;
    isArmed = true;
}

namespace {

/// The destructor of nlohmann::json (3.11) allocates a list instead of recursing: memory that runs
/// out there ends the process, whatever its user does.
bool isDestroyingJson() {
    std::array<void*, 32> frames{};
    const int count = ::backtrace(frames.data(), static_cast<int>(frames.size()));
    for (int i = 0; i < count; ++i) {
        Dl_info info{};
        if (::dladdr(frames[static_cast<std::size_t>(i)], &info) == 0 || info.dli_sname == nullptr)
            continue;
        const std::string_view name = info.dli_sname;
        if (name.find("nlohmann") != std::string_view::npos &&
            (name.find("json_value7destroy") != std::string_view::npos || name.ends_with("D2Ev") ||
             name.ends_with("D1Ev")))
            return true;
    }
    return false;
}

bool isToFail() {
    if (!isArmed || --left != 0) return false;
    isArmed = false;  // asking where it is allocates too
    if (isDestroyingJson()) {
        failAllocation(1);
        return false;
    }
    hasFailed = true;
    return true;
}

}  // namespace

bool stopFailing() {
    isArmed = false;
    return hasFailed;
}

}  // namespace skd::test

// The other forms of new and delete call these (new.delete in the standard).
void* operator new(std::size_t size) {
    void* block = skd::test::isToFail() ? nullptr : std::malloc(size == 0 ? 1 : size);
    if (block == nullptr) throw std::bad_alloc();
    return block;
}
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
    return skd::test::isToFail() ? nullptr : std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* block) noexcept {
    std::free(block);
}
void operator delete(void* block, std::size_t /*size*/) noexcept {
    std::free(block);
}
