#include "fault/alloc/failing_new.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace skd::test {
namespace {

std::atomic<bool> isArmed{false}, hasFailed{false};
std::atomic<long> left{0};

bool isToFail() {
    if (!isArmed || --left != 0) return false;
    hasFailed = true;
    return true;
}

}  // namespace

void failAllocation(long number) {
    left = number;
    hasFailed = false;
    isArmed = true;
}

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
void operator delete(void* block) noexcept {
    std::free(block);
}
void operator delete(void* block, std::size_t /*size*/) noexcept {
    std::free(block);
}
