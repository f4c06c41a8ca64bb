#include "simulated_device/device_memory.h"

#include <c10/util/Exception.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace skd::simulated {
namespace {

/// Allocations begin at multiples of it, as vector instructions like.
constexpr std::size_t kAlignment = 256;

std::size_t aligned(std::size_t bytes) {
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

std::byte* mapped(int file, int protection) {
    void* address =
        mmap(nullptr, DeviceMemory::kSize, protection, MAP_SHARED | MAP_NORESERVE, file, 0);
    TORCH_CHECK(address != MAP_FAILED, "the simulated device's memory cannot be mapped");
    return static_cast<std::byte*>(address);
}

}  // namespace

DeviceMemory& DeviceMemory::instance() {
    // Never destroyed: tensors of static storage may outlive it.
    static auto* memory = new DeviceMemory();
    return *memory;
}

DeviceMemory::DeviceMemory() {
    const int file = memfd_create("simulated device", MFD_CLOEXEC);
    TORCH_CHECK(file >= 0 && ftruncate(file, static_cast<off_t>(kSize)) == 0,
                "the simulated device's memory cannot be made");
    m_closed = mapped(file, PROT_NONE);
    m_opened = mapped(file, PROT_READ | PROT_WRITE);
    close(file);
    m_free[0] = kSize;
}

void* DeviceMemory::allocate(std::size_t bytes) {
    if (bytes == 0) return nullptr;
    const std::lock_guard lock(m_mutex);
    const std::size_t size = aligned(bytes);
    const auto place =
        std::ranges::find_if(m_free, [&](const auto& part) { return part.second >= size; });
    if (m_used + bytes > m_capacity || place == m_free.end())
        C10_THROW_ERROR(OutOfMemoryError,
                        "the simulated device is out of memory: " + std::to_string(bytes) +
                            " bytes were asked for, " + std::to_string(m_used) + " of " +
                            std::to_string(m_capacity) + " are held");
    const auto [offset, room] = *place;
    m_free.erase(place);
    if (room > size) m_free[offset + size] = room - size;
    m_allocated[offset] = bytes;
    m_used += bytes;
    m_peak = std::max(m_peak, m_used);
    m_largest = std::max(m_largest, bytes);
    std::memset(m_opened + offset, 0xFF, bytes);
    return m_closed + offset;
}

void DeviceMemory::release(void* closed) {
    if (closed == nullptr) return;
    const std::lock_guard lock(m_mutex);
    std::size_t offset = offsetOf(closed);
    const auto entry = m_allocated.find(offset);
    TORCH_INTERNAL_ASSERT(entry != m_allocated.end());
    std::size_t size = aligned(entry->second);
    m_used -= entry->second;
    m_allocated.erase(entry);
    auto next = m_free.lower_bound(offset);
    if (next != m_free.end() && next->first == offset + size) {
        size += next->second;
        next = m_free.erase(next);
    }
    if (next != m_free.begin()) {
        const auto previous = std::prev(next);
        if (previous->first + previous->second == offset) {
            previous->second += size;
            return;
        }
    }
    m_free[offset] = size;
}

std::size_t DeviceMemory::offsetOf(const void* closed) const {
    return static_cast<std::size_t>(static_cast<const std::byte*>(closed) - m_closed);
}

void* DeviceMemory::opened(const void* closed) const {
    return closed == nullptr ? nullptr : m_opened + offsetOf(closed);
}

bool DeviceMemory::isClosed(const void* address) const {
    const auto* byte = static_cast<const std::byte*>(address);
    return byte >= m_closed && byte < m_closed + kSize;
}

bool DeviceMemory::isOpened(const void* address) const {
    const auto* byte = static_cast<const std::byte*>(address);
    return byte >= m_opened && byte < m_opened + kSize;
}

std::size_t DeviceMemory::used() const {
    const std::lock_guard lock(m_mutex);
    return m_used;
}

std::size_t DeviceMemory::peak() const {
    const std::lock_guard lock(m_mutex);
    return m_peak;
}

std::size_t DeviceMemory::largest() const {
    const std::lock_guard lock(m_mutex);
    return m_largest;
}

void DeviceMemory::resetPeak() {
    const std::lock_guard lock(m_mutex);
    m_peak = m_used;
    m_largest = 0;
}

void DeviceMemory::setCapacity(std::size_t bytes) {
    const std::lock_guard lock(m_mutex);
    m_capacity = std::min(bytes, kSize);
}

}  // namespace skd::simulated
