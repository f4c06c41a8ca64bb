#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace skd {

/// Writes the wire format of protocol buffers, as far as event files need it.
class ProtobufWriter {
public:
    [[nodiscard]] const std::string& bytes() const { return m_bytes; }

    void varint(int field, std::uint64_t value) {
        key(field, 0);
        raw(value);
    }
    /// A double or a float.
    template <class Value>
    void fixed(int field, Value value) {
        key(field, sizeof value == 8 ? 1 : 5);
        m_bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void text(int field, std::string_view value) {
        key(field, 2);
        raw(value.size());
        m_bytes += value;
    }

private:
    void key(int field, unsigned type) { raw(static_cast<std::uint64_t>(field) << 3 | type); }
    void raw(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) m_bytes += static_cast<char>(value | 0x80);
        m_bytes += static_cast<char>(value);
    }
    std::string m_bytes;
};

/// Reads it field by field; a message that ends early or is malformed is `broken`.
class ProtobufReader {
public:
    explicit ProtobufReader(std::string_view bytes) : m_rest(bytes) {}

    struct Field {
        int number = 0;
        int type = 0;             ///< 0 varint, 1 fixed64, 2 bytes, 5 fixed32
        std::uint64_t value = 0;  ///< of a varint or the bits of a fixed one
        std::string_view bytes;

        [[nodiscard]] double asDouble() const { return std::bit_cast<double>(value); }
        [[nodiscard]] float asFloat() const {
            return std::bit_cast<float>(static_cast<std::uint32_t>(value));
        }
    };
    /// Nothing at the end, or when broken.
    std::optional<Field> next() {
        if (m_rest.empty() || m_broken) return {};
        const std::uint64_t key = varint();
        Field field{static_cast<int>(key >> 3), static_cast<int>(key & 7), 0, {}};
        if (field.type == 0)
            field.value = varint();
        else if (field.type == 1)
            field.value = fixed(8);
        else if (field.type == 5)
            field.value = fixed(4);
        else if (field.type == 2)
            field.bytes = take(varint());
        else
            m_broken = true;
        m_broken |= field.number < 1;
        return m_broken ? std::nullopt : std::optional(field);
    }
    [[nodiscard]] bool broken() const { return m_broken; }

private:
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            const std::string_view byte = take(1);
            if (m_broken) return 0;
            value |= static_cast<std::uint64_t>(static_cast<unsigned char>(byte[0]) & 0x7F)
                     << shift;
            if ((static_cast<unsigned char>(byte[0]) & 0x80) == 0) return value;
        }
        m_broken = true;
        return 0;
    }
    std::uint64_t fixed(std::size_t size) {
        std::uint64_t value = 0;
        const std::string_view bytes = take(size);
        if (!m_broken) std::memcpy(&value, bytes.data(), size);
        return value;
    }
    std::string_view take(std::uint64_t size) {
        if (size > m_rest.size()) {
            m_broken = true;
            return {};
        }
        const std::string_view taken = m_rest.substr(0, size);
        m_rest.remove_prefix(size);
        return taken;
    }
    std::string_view m_rest;
    bool m_broken = false;
};

}  // namespace skd
