#include "simulated_device/device_ledger.h"

#include <algorithm>
#include <mutex>
#include <numeric>
#include <optional>
#include <vector>

#include "base/text.h"
#include "simulated_device/device_memory.h"

namespace skd::simulated {
namespace {

std::mutex ledgerMutex;
std::optional<Ledger> openLedger;

template <class Entry>
void enter(const Entry& entry) {
    const std::lock_guard lock(ledgerMutex);
    if (openLedger) entry(*openLedger);
}

}  // namespace

std::int64_t Ledger::launchCount() const {
    return std::accumulate(launches.begin(), launches.end(), std::int64_t{0},
                           [](std::int64_t sum, const auto& entry) { return sum + entry.second; });
}

std::int64_t Ledger::launchesOf(const std::string& operation) const {
    const auto found = launches.find(operation);
    return found == launches.end() ? 0 : found->second;
}

std::string Ledger::table() const {
    std::vector<std::pair<std::int64_t, std::string>> rows;
    for (const auto& [operation, count] : launches) rows.emplace_back(count, operation);
    std::ranges::sort(rows, [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    std::string text;
    for (const auto& [count, operation] : rows) text += strCat(count, " ", operation, "\n");
    return text;
}

Recording::Recording() {
    DeviceMemory& memory = DeviceMemory::instance();
    memory.resetPeak();
    const std::lock_guard lock(ledgerMutex);
    openLedger.emplace();
    openLedger->heldBefore = memory.used();
}

Recording::~Recording() {
    const std::lock_guard lock(ledgerMutex);
    openLedger.reset();
}

Ledger Recording::stop() {
    const std::lock_guard lock(ledgerMutex);
    Ledger ledger = openLedger.value_or(Ledger());
    openLedger.reset();
    ledger.peak = DeviceMemory::instance().peak();
    ledger.largest = DeviceMemory::instance().largest();
    return ledger;
}

void countLaunch(const std::string& operation, std::int64_t times) {
    enter([&](Ledger& ledger) { ledger.launches[operation] += times; });
}

void countToDevice(std::int64_t bytes) {
    enter([&](Ledger& ledger) { ledger.toDevice.add(bytes); });
}

void countToHost(std::int64_t bytes, bool waits) {
    enter([&](Ledger& ledger) {
        ledger.toHost.add(bytes);
        ledger.synchronisations += waits;
    });
}

void countOnDevice(std::int64_t bytes) {
    enter([&](Ledger& ledger) { ledger.onDevice.add(bytes); });
}

void countSynchronisation() {
    enter([](Ledger& ledger) { ++ledger.synchronisations; });
}

}  // namespace skd::simulated
