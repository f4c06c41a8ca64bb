#include "formats/safetensors_header.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <tuple>
#include <unordered_set>

#include "base/text.h"
#include "formats/json_scanner.h"

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

/// Checks 1 to 4 of the format: lengths, the opening brace and UTF-8.
Result<std::string_view> headerText(std::span<const std::byte> file) {
    if (file.size() < kLengthBytes)
        return fail(ErrorCode::Corrupt, strCat("it has ", file.size(),
                                               " bytes, too few for a "
                                               "safetensors file; download or export it again"));
    std::uint64_t length = 0;
    std::memcpy(&length, file.data(), sizeof length);
    if (length > kMaxSafetensorsHeader)
        return fail(ErrorCode::Corrupt,
                    strCat("it is not a safetensors file: its first 8 bytes give a header of ",
                           length, " bytes, and at most ", kMaxSafetensorsHeader, " are allowed"));
    if (length > file.size() - kLengthBytes)
        return fail(ErrorCode::Corrupt,
                    strCat("its header of ", length, " bytes reaches beyond the end of the file (",
                           file.size(), " bytes); it is incomplete, download it again"));
    const std::string_view text(reinterpret_cast<const char*>(file.data()) + kLengthBytes,
                                static_cast<std::size_t>(length));
    if (!text.starts_with('{'))
        return fail(ErrorCode::Corrupt,
                    "it is not a safetensors file: its header does not begin "
                    "with '{'");
    if (!isValidUtf8(text)) return fail(ErrorCode::Corrupt, "its header is not valid UTF-8");
    return text;
}

/// Reads the JSON of the header: check 5, exact shape and no key twice.
class HeaderParser {
public:
    explicit HeaderParser(std::string_view text) : m_json(text) {}

    Result<std::vector<DeclaredRange>> parse(SafetensorsMetadata& metadata) {
        SKD_CHECK(m_json.expect('{', "'{'"));
        bool another = !m_json.accept('}');
        while (another) {
            SKD_CHECK(parseEntry(metadata));
            SKD_TRY(another, m_json.more('}'));
        }
        SKD_CHECK(m_json.finish());
        return std::move(m_tensors);
    }

private:
    Status parseEntry(SafetensorsMetadata& metadata) {
        SKD_TRY(const std::string_view key, m_json.string("a tensor name"));
        const std::string name(key);
        SKD_CHECK(m_json.expect(':', "':'"));
        if (name == "__metadata__") return parseMetadata(metadata);
        SKD_CHECK(checkTensorName(name, kMaxSafetensorsName));
        if (m_tensors.size() == kMaxSafetensorsTensors)
            return fail(ErrorCode::Unsupported,
                        strCat("it has more than ", kMaxSafetensorsTensors, " tensors"));
        m_tensors.emplace_back().view.name = name;
        if (auto status = parseTensor(m_tensors.back()); !status)
            return fail(status.error().in("tensor " + displayName(name)));
        return {};
    }

    Status parseMetadata(SafetensorsMetadata& metadata) {
        if (m_metadataSeen) return fail(ErrorCode::Corrupt, "__metadata__ is there twice");
        m_metadataSeen = true;
        SKD_CHECK(m_json.expect('{', "'{' of __metadata__"));
        bool another = !m_json.accept('}');
        while (another) {
            SKD_TRY(const std::string_view key, m_json.string("a key of __metadata__"));
            auto [entry, isNew] = metadata.try_emplace(std::string(key));
            if (!isNew)
                return fail(
                    ErrorCode::Corrupt,
                    strCat("the __metadata__ key ", displayName(entry->first), " is there twice"));
            if (metadata.size() > kMaxMetadataEntries)
                return fail(ErrorCode::Unsupported,
                            strCat("__metadata__ has more than ", kMaxMetadataEntries, " entries"));
            SKD_CHECK(m_json.expect(':', "':'"));
            SKD_TRY(const std::string_view value, m_json.string("a string in __metadata__"));
            entry->second = value;
            SKD_TRY(another, m_json.more('}'));
        }
        return {};
    }

    Status parseTensor(DeclaredRange& tensor) {
        SKD_CHECK(m_json.expect('{', "'{' of a tensor"));
        m_seen = {};
        bool another = !m_json.accept('}');
        while (another) {
            SKD_CHECK(parseField(tensor));
            SKD_TRY(another, m_json.more('}'));
        }
        if (!m_seen.dtype) return fail(ErrorCode::Corrupt, "dtype is missing");
        if (!m_seen.shape) return fail(ErrorCode::Corrupt, "shape is missing");
        if (!m_seen.offsets) return fail(ErrorCode::Corrupt, "data_offsets is missing");
        return {};
    }

    Status parseField(DeclaredRange& tensor) {
        SKD_TRY(const std::string_view key, m_json.string("dtype, shape or data_offsets"));
        bool* seen = key == "dtype"          ? &m_seen.dtype
                     : key == "shape"        ? &m_seen.shape
                     : key == "data_offsets" ? &m_seen.offsets
                                             : nullptr;
        if (seen == nullptr)
            return fail(ErrorCode::Corrupt, strCat("it has an unknown field ", displayName(key)));
        if (*seen) return fail(ErrorCode::Corrupt, strCat("it has ", key, " twice"));
        *seen = true;
        SKD_CHECK(m_json.expect(':', "':'"));
        if (seen == &m_seen.dtype) return parseDType(tensor.view);
        if (seen == &m_seen.shape) return parseShape(tensor.view.shape);
        return parseOffsets(tensor);
    }

    Status parseDType(TensorView& view) {
        SKD_TRY(const std::string_view name, m_json.string("a dtype such as \"F32\""));
        const std::optional<DType> type = dtypeFromName(name);
        if (!type)
            return fail(ErrorCode::Unsupported,
                        strCat("its dtype ", displayName(name), " is unknown"));
        view.type = *type;
        return {};
    }

    Status parseShape(std::vector<std::int64_t>& shape) {
        SKD_CHECK(m_json.expect('[', "'[' of a shape"));
        bool another = !m_json.accept(']');
        while (another) {
            SKD_TRY(const std::uint64_t size, m_json.natural("a dimension (a whole number)"));
            if (size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
                return fail(ErrorCode::Corrupt, strCat("its dimension ", size, " overflows"));
            if (shape.size() == kMaxTensorDimensions)
                return fail(ErrorCode::Corrupt,
                            strCat("it has more than ", kMaxTensorDimensions, " dimensions"));
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

    struct Seen {
        bool dtype = false;
        bool shape = false;
        bool offsets = false;
    };
    JsonScanner m_json;
    std::vector<DeclaredRange> m_tensors;
    Seen m_seen;
    bool m_metadataSeen = false;
};

Status checkNamesDiffer(const std::vector<DeclaredRange>& tensors) {
    std::unordered_set<std::string_view> names;
    names.reserve(tensors.size());
    for (const DeclaredRange& tensor : tensors)
        if (!names.insert(tensor.view.name).second)
            return fail(ErrorCode::Corrupt,
                        strCat("the tensor ", displayName(tensor.view.name), " is there twice"));
    return {};
}

/// Checks 7 to 9: shape and type give exactly the bytes between the offsets.
Status checkSize(const DeclaredRange& tensor) {
    SKD_TRY(const std::uint64_t expected, storedByteCount(tensor.view.type, tensor.view.shape));
    if (expected == tensor.end - tensor.begin) return {};
    return fail(
        ErrorCode::Corrupt,
        strCat(storageTypeName(tensor.view.type), " ", shapeText(tensor.view.shape), " takes ",
               expected, " bytes, but its data_offsets span ", tensor.end - tensor.begin));
}

/// Check 6: the first tensor begins at 0, each where the one before ended.
Status checkPlace(const DeclaredRange& tensor, std::uint64_t previousEnd) {
    if (tensor.end < tensor.begin)
        return fail(ErrorCode::Corrupt,
                    strCat("its data_offsets [", tensor.begin, ", ", tensor.end, "] are reversed"));
    if (tensor.begin > previousEnd)
        return fail(ErrorCode::Corrupt, strCat("there is a gap of ", tensor.begin - previousEnd,
                                               " bytes before its data"));
    if (tensor.begin < previousEnd)
        return fail(ErrorCode::Corrupt, strCat("its data overlaps the tensor before it by ",
                                               previousEnd - tensor.begin, " bytes"));
    return {};
}

/// Check 10: header and data fill the file exactly.
Status checkEnd(std::uint64_t dataEnd, std::size_t dataSize) {
    if (dataEnd > dataSize)
        return fail(ErrorCode::Corrupt,
                    strCat("its tensors need ", dataEnd, " bytes of data, but only ", dataSize,
                           " are there; it is incomplete, download it again"));
    if (dataEnd < dataSize)
        return fail(ErrorCode::Corrupt, strCat(dataSize - dataEnd,
                                               " bytes follow the last tensor; a safetensors file "
                                               "ends with its data"));
    return {};
}

}  // namespace

Result<SafetensorsContents> parseSafetensors(std::span<const std::byte> file) {
    SKD_TRY(const std::string_view text, headerText(file));
    SafetensorsContents contents;
    SKD_TRY(std::vector<DeclaredRange> declared, HeaderParser(text).parse(contents.metadata));
    SKD_CHECK(checkNamesDiffer(declared));
    std::sort(declared.begin(), declared.end(), [](const DeclaredRange& a, const DeclaredRange& b) {
        return std::tie(a.begin, a.end, a.view.name) < std::tie(b.begin, b.end, b.view.name);
    });
    const std::span<const std::byte> data = file.subspan(kLengthBytes + text.size());
    std::uint64_t previousEnd = 0;
    for (const DeclaredRange& tensor : declared) {
        auto status = checkPlace(tensor, previousEnd);
        if (status) status = checkSize(tensor);
        if (!status) return fail(status.error().in("tensor " + displayName(tensor.view.name)));
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

}  // namespace skd
