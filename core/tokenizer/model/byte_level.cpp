#include "tokenizer/model/byte_level.h"

#include <array>
#include <cstdint>

#include "base/text.h"
#include "base/unicode.h"

namespace skd {
namespace {

struct ByteTable {
    std::array<int, 256 + 68> byte{};  ///< by code point; -1 = none

    constexpr ByteTable() {
        byte.fill(-1);
        char32_t next = 256;
        for (int b = 0; b < 256; ++b) {
            const bool itself = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
            byte[itself ? static_cast<char32_t>(b) : next++] = b;
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

}  // namespace skd
