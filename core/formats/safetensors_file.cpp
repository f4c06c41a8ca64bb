#include "formats/safetensors_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <tuple>

#include "base/text.h"
#include "formats/json_scanner.h"
#include "formats/refusals.h"
#include "formats/safetensors_seal.h"

namespace skd {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kMaxMetadataEntries = 100'000;

/// A tensor as the header describes it, before the description is checked.
struct DeclaredRange {
    TensorView view;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

std::uint64_t declaredLength(std::span<const std::byte> head) {
    std::uint64_t length = 0;
    std::memcpy(&length, head.data(), sizeof length);
    return length;
}

/// Checks 1 to 4 of the format: lengths, the opening brace and UTF-8. `head` holds the header of a
/// file of `size` bytes, if there can be one.
Result<std::string_view> headerText(std::span<const std::byte> head, std::uint64_t size) {
    if (size < kLengthBytes)
        return corrupt("it has ", size,
                       " bytes, too few for a safetensors file; download or export it again");
    const std::uint64_t length = declaredLength(head);
    if (length > kMaxSafetensorsHeader)
        return corrupt("it is not a safetensors file: its first 8 bytes give a header of ", length,
                       " bytes, and at most ", kMaxSafetensorsHeader, " are allowed");
    if (length > size - kLengthBytes)
        return corrupt("its header of ", length, " bytes reaches beyond the end of the file (",
                       size, " bytes); it is incomplete, download it again");
    const std::string_view text(reinterpret_cast<const char*>(head.data()) + kLengthBytes,
                                static_cast<std::size_t>(length));
    if (!text.starts_with('{'))
        return corrupt("it is not a safetensors file: its header does not begin with '{'");
    if (!isValidUtf8(text)) return corrupt("its header is not valid UTF-8");
    return text;
}

/// What headerText looks at, copied by reading.
Result<std::string> readHead(const MappedFile& file) {
    SKD_TRY(std::string head,
            file.readBytes(0, std::min<std::uint64_t>(file.size(), kLengthBytes)));
    if (head.size() < kLengthBytes) return head;
    const std::uint64_t length = declaredLength(std::as_bytes(std::span(head)));
    if (length > std::min<std::uint64_t>(kMaxSafetensorsHeader, file.size() - kLengthBytes))
        return head;
    SKD_TRY(std::string text, file.readBytes(kLengthBytes, length));
    return head + text;
}

/// Reads the JSON of the header: check 5, exact shape and no key twice.
class HeaderParser {
public:
    explicit HeaderParser(std::string_view text) : m_json(text) {}

    Result<std::vector<DeclaredRange>> parse(SafetensorsMetadata& metadata) {
        SKD_CHECK(m_json.object("'{'", "a tensor name", [&](const std::string& name) {
            return name == "__metadata__" ? parseMetadata(metadata) : parseTensor(name);
        }));
        SKD_CHECK(m_json.finish());
        return std::move(m_tensors);
    }

private:
    Status parseMetadata(SafetensorsMetadata& metadata) {
        if (std::exchange(m_metadataSeen, true)) return corrupt("__metadata__ is there twice");
        const auto entry = [&](const std::string& key) -> Status {
            if (metadata.contains(key))
                return corrupt("the __metadata__ key ", displayName(key), " is there twice");
            if (metadata.size() == kMaxMetadataEntries)
                return unsupported("__metadata__ has more than ", kMaxMetadataEntries, " entries");
            SKD_TRY(metadata[key], m_json.string("a string in __metadata__"));
            return {};
        };
        return m_json.object("'{' of __metadata__", "a key of __metadata__", entry);
    }

    Status parseTensor(const std::string& name) {
        SKD_CHECK(checkTensorName(name, kMaxSafetensorsName));
        if (m_tensors.size() == kMaxSafetensorsTensors)
            return unsupported("it has more than ", kMaxSafetensorsTensors, " tensors");
        m_tensors.emplace_back().view.name = name;
        return located(parseFields(m_tensors.back()), "tensor " + displayName(name));
    }

    Status parseFields(DeclaredRange& tensor) {
        m_seen = {};
        SKD_CHECK(m_json.object("'{' of a tensor", "dtype, shape or data_offsets",
                                [&](const std::string& key) { return parseField(tensor, key); }));
        for (std::size_t i = 0; i < kFields.size(); ++i)
            if (!m_seen[i]) return corrupt(kFields[i], " is missing");
        return {};
    }

    Status parseField(DeclaredRange& tensor, const std::string& key) {
        const auto* field = std::ranges::find(kFields, key);
        if (field == kFields.end()) return corrupt("it has an unknown field ", displayName(key));
        const auto number = static_cast<std::size_t>(field - kFields.begin());
        if (std::exchange(m_seen[number], true)) return corrupt("it has ", key, " twice");
        if (number == 0) return parseDType(tensor.view);
        return number == 1 ? parseShape(tensor.view.shape) : parseOffsets(tensor);
    }

    Status parseDType(TensorView& view) {
        SKD_TRY(const std::string_view name, m_json.string("a dtype such as \"F32\""));
        const std::optional<DType> type = dtypeFromName(name);
        if (!type) return unsupported("its dtype ", displayName(name), " is unknown");
        view.type = *type;
        return {};
    }

    Status parseShape(std::vector<std::int64_t>& shape) {
        SKD_CHECK(m_json.expect('[', "'[' of a shape"));
        bool another = !m_json.accept(']');
        while (another) {
            SKD_TRY(const std::uint64_t size, m_json.natural("a dimension (a whole number)"));
            if (size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
                return corrupt("its dimension ", size, " overflows");
            if (shape.size() == kMaxTensorDimensions)
                return corrupt("it has more than ", kMaxTensorDimensions, " dimensions");
            shape.push_back(static_cast<std::int64_t>(size));
            SKD_TRY(another, m_json.more(']'));
        }
        return {};
    }

    Status parseOffsets(DeclaredRange& tensor) {
        SKD_CHECK(m_json.expect('[', "'[' of data_offsets"));
        SKD_TRY(tensor.begin, m_json.natural("an offset (a whole number)"));
        SKD_CHECK(m_json.expect(',', "',' and the second of two data_offsets"));
        SKD_TRY(tensor.end, m_json.natural("an offset (a whole number)"));
        return m_json.expect(']', "']' after two data_offsets");
    }

    static constexpr std::array<std::string_view, 3> kFields{"dtype", "shape", "data_offsets"};
    JsonScanner m_json;
    std::vector<DeclaredRange> m_tensors;
    std::array<bool, kFields.size()> m_seen{};
    bool m_metadataSeen = false;
};

/// Checks 7 to 9: shape and type give exactly the bytes between the offsets.
Status checkSize(const DeclaredRange& tensor) {
    SKD_TRY(const std::uint64_t expected, storedByteCount(tensor.view.type, tensor.view.shape));
    if (expected == tensor.end - tensor.begin) return {};
    return corrupt(storageTypeName(tensor.view.type), " ", shapeText(tensor.view.shape), " takes ",
                   expected, " bytes, but its data_offsets span ", tensor.end - tensor.begin);
}

/// Check 6: the first tensor begins at 0, each where the one before ended.
Status checkPlace(const DeclaredRange& tensor, std::uint64_t previousEnd) {
    if (tensor.end < tensor.begin)
        return corrupt("its data_offsets [", tensor.begin, ", ", tensor.end, "] are reversed");
    if (tensor.begin > previousEnd)
        return corrupt("there is a gap of ", tensor.begin - previousEnd, " bytes before its data");
    if (tensor.begin < previousEnd)
        return corrupt("its data overlaps the tensor before it by ", previousEnd - tensor.begin,
                       " bytes");
    return {};
}

/// Check 10: header and data fill the file exactly.
Status checkEnd(std::uint64_t dataEnd, std::size_t dataSize) {
    if (dataEnd > dataSize)
        return corrupt("its tensors need ", dataEnd, " bytes of data, but only ", dataSize,
                       " are there; it is incomplete, download it again");
    if (dataEnd < dataSize)
        return corrupt(dataSize - dataEnd,
                       " bytes follow the last tensor; a safetensors file ends with its data");
    return {};
}

/// `head` begins as `file`, of which nothing else is read.
Result<SafetensorsContents> parseHead(std::span<const std::byte> head,
                                      std::span<const std::byte> file) {
    SKD_TRY(const std::string_view text, headerText(head, file.size()));
    SafetensorsContents contents;
    SKD_TRY(std::vector<DeclaredRange> declared, HeaderParser(text).parse(contents.metadata));
    const auto nameOf = [](const DeclaredRange& each) -> const std::string& {
        return each.view.name;
    };
    if (const auto twice = nameGivenTwice(declared, nameOf))
        return corrupt("the tensor ", displayName(*twice), " is there twice");
    std::sort(declared.begin(), declared.end(), [](const DeclaredRange& a, const DeclaredRange& b) {
        return std::tie(a.begin, a.end, a.view.name) < std::tie(b.begin, b.end, b.view.name);
    });
    contents.dataBegin = kLengthBytes + text.size();
    const std::span<const std::byte> data = file.subspan(contents.dataBegin);
    std::uint64_t previousEnd = 0;
    for (const DeclaredRange& tensor : declared) {
        const std::string where = "tensor " + displayName(tensor.view.name);
        SKD_CHECK(located(checkPlace(tensor, previousEnd), where));
        SKD_CHECK(located(checkSize(tensor), where));
        previousEnd = tensor.end;
    }
    SKD_CHECK(checkEnd(previousEnd, data.size()));
    contents.tensors.reserve(declared.size());
    for (DeclaredRange& tensor : declared) {
        tensor.view.bytes = data.subspan(tensor.begin, tensor.end - tensor.begin);
        contents.tensors.push_back(std::move(tensor.view));
    }
    return contents;
}

}  // namespace

Result<SafetensorsContents> parseSafetensors(std::span<const std::byte> file) {
    return parseHead(file, file);
}

Result<SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    SKD_TRY(MappedFile mapped, MappedFile::open(path));
    SafetensorsFile file(std::move(mapped));
    SKD_TRY(const std::string head, readHead(*file.m_file));
    SKD_TRY(SafetensorsContents contents,
            located(parseHead(std::as_bytes(std::span(head)),
                              {file.m_file->data(), static_cast<std::size_t>(file.m_file->size())}),
                    name));
    setFile(contents.tensors, file.m_file);
    SKD_TRY(file.m_table, located(TensorTable::build(std::move(contents.tensors)), name));
    file.m_metadata = std::move(contents.metadata);
    SKD_TRY(file.m_dataDigest, located(takeSeal(head, file.m_metadata), name));
    return file;
}

}  // namespace skd
