#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace skd::simulated {

struct Transfers {
    std::int64_t count = 0, bytes = 0;
    void add(std::int64_t size) {
        ++count;
        bytes += size;
    }
};

/// What the device was asked to do.
struct Ledger {
    std::map<std::string, std::int64_t> launches;  ///< by operator, "aten::mm"
    Transfers toDevice, toHost, onDevice;
    /// The host waited for the device: after every copy to the host that does not say otherwise.
    std::int64_t synchronisations = 0;
    std::size_t heldBefore = 0;  ///< bytes of the device's memory when the recording began
    std::size_t peak = 0;        ///< the most that was held at a time, heldBefore included
    std::size_t largest = 0;     ///< bytes of the largest allocation

    [[nodiscard]] std::int64_t launchCount() const;
    [[nodiscard]] std::int64_t launchesOf(const std::string& operation) const;
    /// A line "count operator" for each operator, most launched first.
    [[nodiscard]] std::string table() const;
};

/// Records from its construction until stop() is called; one at a time.
class Recording {
public:
    Recording();
    ~Recording();
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;
    Ledger stop();
};

/// Called by the device's kernels, on any thread.
void countLaunch(const std::string& operation, std::int64_t times = 1);
void countToDevice(std::int64_t bytes);
void countToHost(std::int64_t bytes, bool waits);
void countOnDevice(std::int64_t bytes);
void countSynchronisation();

}  // namespace skd::simulated
