#include "formats/gguf_parser.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_set>
#include <utility>

#include "base/text.h"
#include "formats/refusals.h"

namespace skd {
namespace {

constexpr std::string_view kMagic = "GGUF";
constexpr std::uint64_t kMaxString = 1ull << 30;
constexpr std::uint64_t kMaxArray = 1ull << 30;
constexpr std::uint64_t kMaxKey = 65535;
// Ours: counts that no model comes near, so that a hostile file cannot make us allocate gigabytes.
constexpr std::uint64_t kMaxKeys = 100'000;
constexpr std::uint64_t kMaxTensors = 300'000;
constexpr std::size_t kMaxHeader = 256u << 20;
// What the shortest entry takes: lengths, type and value; lengths, counts, type and offset.
constexpr std::uint64_t kSmallestKeyValue = 8 + 1 + 4 + 1;
constexpr std::uint64_t kSmallestTensorInfo = 8 + 1 + 4 + 4 + 8;

/// Reads the part before the tensor data front to back, at most kMaxHeader bytes of the file, of
/// which the first are at hand.
class Reader {
public:
    Reader(std::span<const std::byte> head, std::uint64_t fileSize)
        : m_bytes(head.first(std::min<std::size_t>(head.size(), kMaxHeader))),
          m_size(std::min<std::uint64_t>(fileSize, kMaxHeader)),
          m_cut(fileSize > kMaxHeader) {}

    [[nodiscard]] std::size_t position() const { return m_position; }
    [[nodiscard]] std::uint64_t remaining() const { return m_size - m_position; }
    /// What was asked for lies in the file, but not among the bytes at hand.
    [[nodiscard]] bool isShort() const { return m_short; }

    template <class Value>
    Result<Value> read(const char* what) {
        SKD_TRY(const std::span<const std::byte> bytes, take(sizeof(Value), what));
        Value value{};
        std::memcpy(&value, bytes.data(), sizeof value);
        return value;
    }

    Result<std::span<const std::byte>> take(std::uint64_t size, const char* what) {
        if (size > remaining() && m_cut)
            return corrupt("its metadata and tensor list need more than ", kMaxHeader, " bytes");
        if (size > remaining())
            return corrupt("it ends inside ", what, " at byte ", m_position, " (", size,
                           " bytes needed, ", remaining(),
                           " left); it is incomplete, download it again");
        m_short = size > m_bytes.size() - m_position;
        if (m_short) return corrupt(what, " lies beyond the bytes that were read");
        const auto bytes = m_bytes.subspan(m_position, static_cast<std::size_t>(size));
        m_position += bytes.size();
        return bytes;
    }

    Result<std::span<const std::byte>> string(std::uint64_t limit, const char* what) {
        SKD_TRY(const std::uint64_t length, read<std::uint64_t>(what));
        if (length > limit)
            return corrupt(what, " at byte ", m_position, " has ", length, " bytes, more than ",
                           limit);
        return take(length, what);
    }

    Result<std::string_view> text(std::uint64_t limit, const char* what) {
        SKD_TRY(const std::span<const std::byte> bytes, string(limit, what));
        return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }

private:
    std::span<const std::byte> m_bytes;
    std::size_t m_position = 0;
    std::uint64_t m_size = 0;  // of the file, or of the largest header
    bool m_cut = false;        // the file continues after m_size
    bool m_short = false;
};

Status checkVersion(std::uint32_t version) {
    if (version == 2 || version == 3) return {};
    if (version == 0) return corrupt("its GGUF version is 0, which never was");
    if ((version & 0xffffu) == 0)
        return unsupported(
            "it is a byte-swapped (big-endian) GGUF file; convert it for a little-endian machine");
    if (version == 1)
        return unsupported(
            "it is GGUF version 1, which was given up in 2023; convert the model again");
    return fail(ErrorCode::Newer,
                strCat("it is GGUF version ", version, "; versions 2 and 3 can be read"));
}

Status checkCount(std::uint64_t count, std::uint64_t limit, std::uint64_t smallest,
                  std::uint64_t remaining, const char* what) {
    if (count > remaining / smallest)
        return corrupt("it declares ", count, " ", what, ", more than its ", remaining,
                       " remaining bytes can hold");
    if (count > limit) return unsupported("it declares ", count, " ", what, ", more than ", limit);
    return {};
}

Status checkKey(std::string_view key) {
    if (key.empty()) return corrupt("a metadata key is empty");
    if (std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x20 && c < 0x7f; }))
        return {};
    return corrupt("the metadata key ", displayName(key), " is not printable ASCII");
}

Status checkBools(std::span<const std::byte> bytes) {
    if (std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b <= std::byte{1}; }))
        return {};
    return corrupt("a bool is neither 0 nor 1");
}

Result<GgufType> readType(Reader& reader) {
    SKD_TRY(const std::uint32_t number, reader.read<std::uint32_t>("a value type"));
    const auto type = static_cast<GgufType>(number);
    const bool known =
        type == GgufType::String || type == GgufType::Array || ggufScalarBytes(type) != 0;
    if (!known) return corrupt("its value type ", number, " is unknown");
    return type;
}

Result<std::span<const std::byte>> readStrings(Reader& reader, std::uint64_t count) {
    const Reader begin = reader;
    for (std::uint64_t i = 0; i < count; ++i)
        SKD_CHECK(reader.string(kMaxString, "a string of an array"));
    return Reader(begin).take(reader.position() - begin.position(), "an array");
}

Status readArray(Reader& reader, GgufValue& value) {
    SKD_TRY(value.elementType, readType(reader));
    if (value.elementType == GgufType::Array)
        return unsupported("it is an array of arrays, which no reader accepts");
    SKD_TRY(value.count, reader.read<std::uint64_t>("an array"));
    if (value.count > kMaxArray)
        return corrupt("its array of ", value.count, " elements is longer than ", kMaxArray);
    const bool strings = value.elementType == GgufType::String;
    const std::uint64_t smallest = strings ? 8 : ggufScalarBytes(value.elementType);
    if (value.count > reader.remaining() / smallest)
        return corrupt("its array of ", value.count, " elements is longer than the ",
                       reader.remaining(), " bytes that remain");
    if (strings) {
        SKD_TRY(value.bytes, readStrings(reader, value.count));
        return {};
    }
    SKD_TRY(value.bytes, reader.take(value.count * smallest, "an array"));
    return value.elementType == GgufType::Bool ? checkBools(value.bytes) : Status{};
}

Result<GgufValue> readValue(Reader& reader) {
    GgufValue value;
    SKD_TRY(value.type, readType(reader));
    if (value.type == GgufType::Array) {
        SKD_CHECK(readArray(reader, value));
    } else if (value.type == GgufType::String) {
        SKD_TRY(value.bytes, reader.string(kMaxString, "a string"));
    } else {
        SKD_TRY(value.bytes, reader.take(ggufScalarBytes(value.type), "a value"));
        if (value.type == GgufType::Bool) SKD_CHECK(checkBools(value.bytes));
    }
    return value;
}

Result<GgufMetadata> readMetadata(Reader& reader, std::uint64_t count) {
    std::vector<GgufEntry> entries;
    entries.reserve(static_cast<std::size_t>(count));
    for (std::uint64_t i = 0; i < count; ++i) {
        SKD_TRY(const std::string_view key, reader.text(kMaxKey, "a metadata key"));
        SKD_CHECK(checkKey(key));
        SKD_TRY(const GgufValue value,
                located(readValue(reader), "metadata key " + displayName(key)));
        entries.push_back({key, value});
    }
    return GgufMetadata::build(std::move(entries));
}

Result<std::uint64_t> alignmentOf(const GgufMetadata& metadata) {
    const GgufValue* value = metadata.find("general.alignment");
    if (value == nullptr) return 32;
    if (value->type != GgufType::U32)
        return corrupt("general.alignment is of type ", ggufTypeName(value->type), ", not u32");
    SKD_TRY(const std::int64_t alignment, metadata.integer("general.alignment"));
    if (!std::has_single_bit(static_cast<std::uint64_t>(alignment)))
        return corrupt("general.alignment is ", alignment, ", not a power of two");
    return static_cast<std::uint64_t>(alignment);
}

/// A tensor with the place its entry claims.
struct DeclaredTensor {
    TensorView view;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

Result<GgmlType> readTensorType(Reader& reader) {
    SKD_TRY(const std::uint32_t number, reader.read<std::uint32_t>("a tensor type"));
    if (const auto type = ggmlTypeFromNumber(number)) return *type;
    return unsupported("its ggml type ", number,
                       isRemovedGgmlType(number) ? " was removed from ggml" : " is unknown",
                       "; convert the model again, as Q8_0 or Q4_K");
}

Status readTensorBody(Reader& reader, DeclaredTensor& tensor) {
    SKD_TRY(const std::uint32_t dimensions, reader.read<std::uint32_t>("a tensor's dimensions"));
    if (dimensions > kMaxGgufDimensions)
        return corrupt("it has ", dimensions, " dimensions, more than ", kMaxGgufDimensions);
    for (std::uint32_t i = 0; i < dimensions; ++i) {
        SKD_TRY(const std::uint64_t size, reader.read<std::uint64_t>("a tensor's dimensions"));
        if (!std::in_range<std::int64_t>(size))
            return corrupt("its dimension ", size, " overflows");
        tensor.view.shape.push_back(static_cast<std::int64_t>(size));
    }
    std::reverse(tensor.view.shape.begin(), tensor.view.shape.end());
    SKD_TRY(tensor.view.type, readTensorType(reader));
    SKD_TRY(tensor.offset, reader.read<std::uint64_t>("a tensor's offset"));
    SKD_TRY(tensor.size, storedByteCount(tensor.view.type, tensor.view.shape));
    return {};
}

Result<std::vector<DeclaredTensor>> readTensorInfos(Reader& reader, std::uint64_t count) {
    std::vector<DeclaredTensor> tensors(static_cast<std::size_t>(count));
    std::unordered_set<std::string_view> names;
    for (DeclaredTensor& tensor : tensors) {
        SKD_TRY(const std::string_view name, reader.text(kMaxGgufTensorName, "a tensor name"));
        SKD_CHECK(checkTensorName(name, kMaxGgufTensorName));
        if (!names.insert(name).second)
            return corrupt("the tensor ", displayName(name), " is there twice");
        tensor.view.name = name;
        SKD_CHECK(located(readTensorBody(reader, tensor), "tensor " + displayName(name)));
    }
    return tensors;
}

std::uint64_t padded(std::uint64_t size, std::uint64_t alignment) {
    return (size + alignment - 1) & ~(alignment - 1);
}

/// Checks that the tensors lie one after the other, padded, inside the file, which ends with them.
Status locate(std::vector<DeclaredTensor>& tensors, std::span<const std::byte> data,
              std::uint64_t alignment) {
    std::uint64_t expected = 0;
    for (DeclaredTensor& tensor : tensors) {
        const std::string where = "tensor " + displayName(tensor.view.name);
        if (tensor.offset != expected)
            return corrupt(where, ": its data offset is ", tensor.offset, ", but ", expected,
                           " is where it must begin");
        const std::uint64_t end = data.size();
        const std::uint64_t available = end - std::min(expected, end);
        if (tensor.size > available)
            return corrupt(where, ": it needs ", tensor.size, " bytes, but the file has ",
                           available, " left; it is incomplete, download it again");
        if (tensor.size > 0) tensor.view.bytes = data.subspan(tensor.offset, tensor.size);
        expected += padded(tensor.size, alignment);
    }
    if (data.size() > expected)
        return corrupt("it has ", data.size() - expected,
                       " bytes behind its last tensor, which belong to nothing; download it again");
    return {};
}

Result<std::uint32_t> readVersion(Reader& reader, std::span<const std::byte> head) {
    const std::string_view start(reinterpret_cast<const char*>(head.data()),
                                 std::min(head.size(), kMagic.size()));
    if (start != kMagic)
        return corrupt("it is not a GGUF file: it begins with ", displayName(start));
    SKD_CHECK(reader.take(kMagic.size(), "its magic number"));
    SKD_TRY(const std::uint32_t version, reader.read<std::uint32_t>("its version"));
    SKD_CHECK(checkVersion(version));
    return version;
}

Result<GgufContents> parseFrom(Reader& reader, std::span<const std::byte> head,
                               std::span<const std::byte> file) {
    GgufContents contents;
    SKD_TRY(contents.version, readVersion(reader, head));
    SKD_TRY(const std::uint64_t tensorCount, reader.read<std::uint64_t>("its tensor count"));
    SKD_TRY(const std::uint64_t keyCount, reader.read<std::uint64_t>("its metadata count"));
    SKD_CHECK(
        checkCount(keyCount, kMaxKeys, kSmallestKeyValue, reader.remaining(), "metadata keys"));
    SKD_CHECK(
        checkCount(tensorCount, kMaxTensors, kSmallestTensorInfo, reader.remaining(), "tensors"));
    SKD_TRY(contents.metadata, readMetadata(reader, keyCount));
    SKD_TRY(contents.alignment, alignmentOf(contents.metadata));
    SKD_TRY(std::vector<DeclaredTensor> declared, readTensorInfos(reader, tensorCount));
    const std::uint64_t dataStart = padded(reader.position(), contents.alignment);
    const auto data = file.subspan(std::min<std::uint64_t>(dataStart, file.size()));
    SKD_CHECK(locate(declared, data, contents.alignment));
    contents.tensors.reserve(declared.size());
    for (DeclaredTensor& tensor : declared) contents.tensors.push_back(std::move(tensor.view));
    return contents;
}

/// A first guess of what the header takes; each further one is so many times as long.
constexpr std::uint64_t kFirstHead = 4u << 20, kHeadGrowth = 4;

}  // namespace

Result<GgufContents> parseGgufPart(std::span<const std::byte> file) {
    Reader reader(file, file.size());
    return parseFrom(reader, file, file);
}

Result<GgufHead> readGgufHead(const MappedFile& file) {
    const std::span<const std::byte> mapped(file.data(), static_cast<std::size_t>(file.size()));
    const std::uint64_t most = std::min<std::uint64_t>(file.size(), kMaxHeader);
    for (std::uint64_t size = std::min(kFirstHead, most);;
         size = std::min(size * kHeadGrowth, most)) {
        SKD_TRY(std::string bytes, file.readBytes(0, size));
        GgufHead read{std::make_shared<const std::string>(std::move(bytes)), {}};
        const auto head = std::as_bytes(std::span(*read.bytes));
        Reader reader(head, file.size());
        auto contents = parseFrom(reader, head, mapped);
        if (!contents && reader.isShort() && size < most) continue;
        if (!contents) return fail(contents.error());
        read.contents = std::move(*contents);
        return read;
    }
}

}  // namespace skd
