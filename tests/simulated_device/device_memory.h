#pragma once

#include <cstddef>
#include <map>
#include <mutex>

namespace skd::simulated {

/// The device's memory: one anonymous file, mapped twice. Tensors hold addresses of the closed
/// mapping, which nobody may read or write, so that a look at them from the host is a segmentation
/// fault at that very instruction. Kernels use the opened mapping of the same bytes. (One mapping
/// that kernels open and close would let other threads of the host read while a kernel runs.)
/// What is allocated holds bytes of 0xFF, NaN as floats: reading before writing shows.
class DeviceMemory {
public:
    /// The process has one; made when first asked for.
    static DeviceMemory& instance();
    DeviceMemory(const DeviceMemory&) = delete;
    DeviceMemory& operator=(const DeviceMemory&) = delete;

    /// A closed address; null for 0 bytes. Throws c10::OutOfMemoryError beyond the capacity.
    void* allocate(std::size_t bytes);
    void release(void* closed);

    /// The kernels' address of a closed one, and back; null stays null.
    [[nodiscard]] void* opened(const void* closed) const;
    [[nodiscard]] bool isClosed(const void* address) const;
    [[nodiscard]] bool isOpened(const void* address) const;

    /// Bytes that tensors hold, as they were asked for.
    [[nodiscard]] std::size_t used() const;
    /// The most since resetPeak.
    [[nodiscard]] std::size_t peak() const;
    /// The largest allocation since resetPeak.
    [[nodiscard]] std::size_t largest() const;
    void resetPeak();
    /// Bytes that may be held at most; at first all of the mapping.
    void setCapacity(std::size_t bytes);
    [[nodiscard]] std::size_t capacity() const { return m_capacity; }

    static constexpr std::size_t kSize = std::size_t{4} << 30;

private:
    DeviceMemory();
    ~DeviceMemory() = default;
    [[nodiscard]] std::size_t offsetOf(const void* closed) const;

    mutable std::mutex m_mutex;
    std::byte *m_closed = nullptr, *m_opened = nullptr;
    std::map<std::size_t, std::size_t> m_free;       ///< bytes by offset, neighbours joined
    std::map<std::size_t, std::size_t> m_allocated;  ///< bytes asked for, by offset
    std::size_t m_used = 0, m_peak = 0, m_largest = 0, m_capacity = kSize;
};

}  // namespace skd::simulated
