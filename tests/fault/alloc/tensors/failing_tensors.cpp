#include "fault/alloc/tensors/failing_tensors.h"

#include <c10/core/CPUAllocator.h>

#include <atomic>

namespace skd::test {
namespace {

std::atomic<bool> isRefusing{false}, refusesOn{false};
std::atomic<long> asked{0}, refused{0};

class FailingAllocator final : public c10::Allocator {
public:
    c10::DataPtr allocate(std::size_t size) override {
        // More than any address space has: the error is LibTorch's, word for word.
        constexpr std::size_t kTooMuch = std::size_t(1) << 62;
        return m_default->allocate(isToFail() ? kTooMuch : size);
    }
    [[nodiscard]] c10::DeleterFnPtr raw_deleter() const override {
        return m_default->raw_deleter();
    }
    void copy_data(void* to, const void* from, std::size_t size) const override {
        default_copy_data(to, from, size);
    }

private:
    static bool isToFail() {
        if (!isRefusing) return false;
        const long number = ++asked;
        return number == refused || (refusesOn && number > refused);
    }
    c10::Allocator* m_default = c10::GetDefaultCPUAllocator();
};

}  // namespace

void failTensors(long number, bool fromThere) {
    static auto* const allocator = [] {
        auto* made = new FailingAllocator;
        c10::SetCPUAllocator(made);  // keeps it
        return made;
    }();
    static_cast<void>(allocator);
    asked = 0;
    refused = number;
    refusesOn = fromThere;
    isRefusing = true;
}

long stopFailingTensors() {
    isRefusing = false;
    return asked;
}

}  // namespace skd::test
