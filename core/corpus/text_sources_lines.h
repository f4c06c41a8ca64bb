#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "corpus/text_sources_stream.h"

namespace skd {

/// The lines of a stream, one in memory at a time.
class LineReader {
public:
    /// A longer line is an error: no document is that long, and memory stays bounded.
    static constexpr std::size_t kLongest = 64u << 20;

    explicit LineReader(SourceStream& stream) : m_stream(stream) {}

    /// Goes to the next line; false after the last. InvalidInput for one longer than kLongest.
    Result<bool> next();
    /// Without its "\n"; valid until next().
    [[nodiscard]] std::string_view line() const { return m_line; }
    /// Of the line, from 1.
    [[nodiscard]] std::int64_t number() const { return m_number; }

private:
    SourceStream& m_stream;
    std::string_view m_rest;  ///< of the stream's block
    std::string m_carry;      ///< beginning of a line that goes over blocks
    std::string_view m_line;
    std::int64_t m_number = 0;
};

}  // namespace skd
