#pragma once

#include <memory>

#include "base/result.h"

namespace skd::cli {

/// Stands before std::cout and std::cerr for as long as it lives: whatever the program prints,
/// control characters in it are spelt (escapeControls), so that no name in a file from outside
/// steers the terminal. JSON stays JSON.
class ConsoleStreams {
public:
    ConsoleStreams();
    ~ConsoleStreams();
    ConsoleStreams(const ConsoleStreams&) = delete;
    ConsoleStreams& operator=(const ConsoleStreams&) = delete;

    /// Writes what is left; an error when part of what went to stdout could not be written.
    Status finish();

private:
    class Buffer;
    std::unique_ptr<Buffer> m_out, m_err;
};

}  // namespace skd::cli
