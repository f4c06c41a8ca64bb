#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace skd::test {

/// A string's characters as the parsers take them.
inline std::span<const std::byte> asBytes(std::string_view text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

template <class Value>
std::string littleEndian(Value value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// A safetensors file of this header and data.
inline std::string safetensorsBytes(std::string_view header, std::string_view data = {}) {
    return littleEndian<std::uint64_t>(header.size()) + std::string(header) + std::string(data);
}

/// Assembles a GGUF file piece by piece, right or wrong.
class GgufBytes {
public:
    explicit GgufBytes(std::uint64_t tensors = 0, std::uint64_t keys = 0, std::uint32_t version = 3)
        : m_bytes("GGUF") {
        put(version).put(tensors).put(keys);
    }

    template <class Value>
    GgufBytes& put(Value value) {
        m_bytes += littleEndian(value);
        return *this;
    }
    GgufBytes& raw(std::string_view bytes) {
        m_bytes += bytes;
        return *this;
    }
    GgufBytes& text(std::string_view value) {
        return put(static_cast<std::uint64_t>(value.size())).raw(value);
    }
    /// Key, type number and a scalar of any kind.
    template <class Value>
    GgufBytes& key(std::string_view name, std::uint32_t type, Value value) {
        return text(name).put(type).put(value);
    }
    GgufBytes& stringKey(std::string_view name, std::string_view value) {
        return text(name).put(8u).text(value);
    }
    GgufBytes& tensor(std::string_view name, std::initializer_list<std::uint64_t> dims,
                      std::uint32_t type, std::uint64_t offset) {
        text(name).put(static_cast<std::uint32_t>(dims.size()));
        for (const std::uint64_t size : dims) put(size);
        return put(type).put(offset);
    }
    GgufBytes& pad(std::size_t alignment = 32) {
        m_bytes.append((alignment - m_bytes.size() % alignment) % alignment, '\0');
        return *this;
    }
    [[nodiscard]] const std::string& bytes() const { return m_bytes; }

private:
    std::string m_bytes;
};

/// The error's message, or a text that no test expects.
template <class T>
std::string messageOf(const Result<T>& result) {
    return result ? "(no error)" : result.error().message;
}

}  // namespace skd::test
