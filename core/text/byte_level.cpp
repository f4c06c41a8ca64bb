#include "text/byte_level.h"

#include <array>
#include <cstdint>

#include "base/text.h"
#include "text/unicode.h"

namespace skd {
namespace {

struct ByteTable {
    std::array<char32_t, 256> visible{};
    std::array<int, 256 + 68> byte{};  ///< by code point; -1 = none

    constexpr ByteTable() {
        byte.fill(-1);
        char32_t next = 256;
        for (int b = 0; b < 256; ++b) {
            const bool itself = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
            const char32_t c = itself ? static_cast<char32_t>(b) : next++;
            visible[static_cast<std::size_t>(b)] = c;
            byte[c] = b;
        }
    }
};
constexpr ByteTable kTable;

}  // namespace

std::optional<std::string> bytesOfVisible(std::string_view visible) {
    std::string bytes;
    bytes.reserve(visible.size());
    for (std::size_t i = 0; i < visible.size();) {
        std::uint8_t length = 0;
        const char32_t c = unicode::decode(visible.data() + i, length);
        if (c >= kTable.byte.size() || kTable.byte[c] < 0) return std::nullopt;
        bytes += static_cast<char>(kTable.byte[c]);
        i += length;
    }
    return bytes;
}

std::string visibleOfBytes(std::string_view bytes) {
    std::string visible;
    for (const char b : bytes) appendUtf8(visible, kTable.visible[static_cast<unsigned char>(b)]);
    return visible;
}

}  // namespace skd
