#include "fuzz/fuzz_target.h"

#include <sanitizer/allocator_interface.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <limits>

#include "base/log.h"
#include "support/temporary_folder.h"

namespace skd::fuzz {
namespace {

constexpr time_t kTimeLimit = 1;  // seconds
constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();
std::atomic<std::int64_t> held{0}, limit{kNoLimit};

void say(std::string_view text) {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

void onAllocation(const volatile void* /*block*/, std::size_t size) {
    const auto bytes = static_cast<std::int64_t>(size);
    if (held.fetch_add(bytes) + bytes <= limit) return;
    limit = kNoLimit;
    say("\nFUZZ: one input takes more than 100 MB of memory\n");
    __builtin_trap();
}

void onRelease(const volatile void* block) {
    if (block == nullptr) return;
    held -= static_cast<std::int64_t>(__sanitizer_get_allocated_size(block));
}

/// Signals SIGPROF once the process has computed for so long from now on; 0 never. Time that it
/// waits for a busy machine does not count.
void setTimeLimit(time_t seconds) {
    const itimerval timer{{0, 0}, {seconds, 0}};
    ::setitimer(ITIMER_PROF, &timer, nullptr);
}

void onTimeOver(int /*signal*/) {
    say("\nFUZZ: one input takes more than 1 s\n");
    __builtin_trap();
}

const test::TemporaryFolder& ownFolder() {
    static const test::TemporaryFolder folder;
    return folder;
}

}  // namespace

void require(bool holds, std::string_view what) {
    if (holds) return;
    say("\nFUZZ: ");
    say(what);
    say("\n");
    __builtin_trap();
}

const std::filesystem::path& folder() {
    return ownFolder().path();
}

void clearFolder() {
    for (const auto& entry : std::filesystem::directory_iterator(folder()))
        std::filesystem::remove_all(entry.path());
}

std::filesystem::path putFile(std::string_view name, std::string_view bytes) {
    const std::filesystem::path path = folder() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path;
}

std::vector<std::string_view> partsOf(std::string_view input, std::size_t count) {
    std::vector<std::string_view> parts(count);
    for (std::string_view& part : parts) {
        const std::size_t end = input.find(kPartsLine);
        part = input.substr(0, end);
        input.remove_prefix(end == std::string_view::npos ? input.size() : end + kPartsLine.size());
    }
    return parts;
}

}  // namespace skd::fuzz

extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
    skd::log::initialise({skd::log::Level::Error, "", false});
    skd::fuzz::folder();
    std::signal(SIGPROF, skd::fuzz::onTimeOver);
    skd::fuzz::require(__sanitizer_install_malloc_and_free_hooks(skd::fuzz::onAllocation,
                                                                 skd::fuzz::onRelease) > 0,
                       "memory cannot be counted");
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace skd::fuzz;
    limit = held + static_cast<std::int64_t>(kMemoryLimit);
    setTimeLimit(kTimeLimit);
    tryInput({reinterpret_cast<const char*>(data), size});
    setTimeLimit(0);
    limit = kNoLimit;
    return 0;
}
