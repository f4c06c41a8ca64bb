#include "store/analysis_codec.h"

#include <zlib.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstring>

#include "base/hash.h"
#include "base/text.h"
#include "spec/json_reader.h"
#include "spec/json_writer.h"

namespace skd {
namespace {

static_assert(std::endian::native == std::endian::little, "spectra are stored little-endian");

std::string exactText(double value) {
    std::array<char, 40> buffer{};
    return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}

Result<double> parseExact(const std::string& text) {
    double value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
        return fail(ErrorCode::Corrupt, strCat("\"", text, "\" is not a number"));
    return value;
}

void appendFloats(std::string& block, const std::vector<double>& values) {
    for (const double value : values) {
        const auto narrow = static_cast<float>(value);
        block.append(reinterpret_cast<const char*>(&narrow), sizeof narrow);
    }
}

/// Field visitor that writes an analysis: lists go to the block, the document has their lengths,
/// and numbers as text where JSON, which has no NaN, would lose them.
class DocumentWriter {
public:
    explicit DocumentWriter(std::string& block) : m_block(block) {}
    template <class T>
    Json write(const T& value) {
        Json outer = std::exchange(m_object, Json::object());
        T::visitFields(value, *this);
        return std::exchange(m_object, std::move(outer));
    }
    template <class T>
    void field(const char* name, const T& member, const FieldInfo& /*info*/) {
        m_object[name] = JsonWriter::value(member);
    }
    void field(const char* name, const LayerIndex& member, const FieldInfo& /*info*/) {
        m_object[name] = member.value();
    }
    void exact(const char* name, double member) { m_object[name] = exactText(member); }
    void values(const char* name, const std::vector<double>& member) {
        m_object[name] = member.size();
        appendFloats(m_block, member);
    }
    template <class T>
    void group(const char* name, const T& member, const char* /*help*/) {
        Json object = write(member);
        m_object[name] = std::move(object);
    }
    template <class T>
    void list(const char* name, const std::vector<T>& member, const char* /*help*/) {
        Json array = Json::array();
        for (const T& element : member) array.push_back(write(element));
        m_object[name] = std::move(array);
    }

private:
    std::string& m_block;
    Json m_object;
};

/// A list that the block holds, in its order.
struct Stored {
    std::vector<double>* values;
    std::int64_t count;
};

/// Field visitor that reads what DocumentWriter has written; the lists are filled later.
class DocumentReader : public JsonReader {
public:
    DocumentReader(const Json& object, const std::string& path, std::vector<Stored>& stored)
        : JsonReader(object, path), m_stored(stored) {}
    using JsonReader::field;
    void field(const char* name, LayerIndex& member, const FieldInfo& info) {
        std::int64_t layer = member.value();
        field(name, layer, info);
        member = LayerIndex(static_cast<std::int32_t>(layer));
    }
    void exact(const char* name, double& member) {
        std::string text = "nan";
        field(name, text, FieldInfo{});
        if (auto value = parseExact(text))
            member = *value;
        else
            keep(fail(value.error()));
    }
    void values(const char* name, std::vector<double>& member) {
        m_stored.push_back({&member, 0});
        field(name, m_stored.back().count, kCount);
    }
    template <class T>
    void group(const char* name, T& member, const char* /*help*/) {
        if (const Json* json = take(name)) keep(read(*json, pathOf(name), member, m_stored));
    }
    template <class T>
    void list(const char* name, std::vector<T>& member, const char* /*help*/) {
        const Json* json = take(name);
        if (json == nullptr) return;
        if (!json->is_array()) return keep(fail(typeError(pathOf(name), "a list", *json)));
        member.resize(json->size());
        for (std::size_t i = 0; i < member.size(); ++i)
            keep(read((*json)[i], strCat(pathOf(name), ".", i), member[i], m_stored));
    }
    template <class T>
    static Status read(const Json& json, const std::string& path, T& out,
                       std::vector<Stored>& stored) {
        if (!json.is_object()) return fail(typeError(path, "an object", json));
        DocumentReader reader(json, path, stored);
        T::visitFields(out, reader);
        return reader.finish();
    }

private:
    std::vector<Stored>& m_stored;
};

Result<std::string> deflateBlock(const std::string& block) {
    uLongf size = compressBound(block.size());
    std::string out(size, '\0');
    const int rc = compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                             reinterpret_cast<const Bytef*>(block.data()), block.size(), 6);
    if (rc != Z_OK) return fail(ErrorCode::OutOfMemory, "cannot compress spectra");
    out.resize(size);
    return out;
}

/// `size` is what the document declares; zlib cannot have packed more than 1032 bytes into one.
Result<std::string> inflateBlock(std::string_view packed, std::uint64_t size) {
    const auto mismatch = [] {
        return fail(ErrorCode::Corrupt, "the stored spectra do not fit their description");
    };
    if (size / 1032 > packed.size()) return mismatch();
    std::string block(size, '\0');
    uLongf written = size;
    const int rc = uncompress(reinterpret_cast<Bytef*>(block.data()), &written,
                              reinterpret_cast<const Bytef*>(packed.data()), packed.size());
    if (rc != Z_OK || written != size) return mismatch();
    return block;
}

/// Bytes of all spectra; Corrupt where counts are beyond reason.
Result<std::uint64_t> blockSize(const std::vector<Stored>& stored) {
    static constexpr std::int64_t kMostValues = 1 << 28;
    std::int64_t values = 0;
    for (const Stored& list : stored) {
        if (list.count > kMostValues || values > kMostValues)
            return fail(ErrorCode::Corrupt, "the stored spectra declare too many values");
        values += list.count;
    }
    return static_cast<std::uint64_t>(values) * sizeof(float);
}

/// The lists out of a block that is as long as they are together.
void fill(const std::vector<Stored>& stored, const std::string& block) {
    const char* place = block.data();
    for (const Stored& list : stored) {
        list.values->resize(static_cast<std::size_t>(list.count));
        for (double& value : *list.values) {
            float narrow = 0;
            std::memcpy(&narrow, place, sizeof narrow);
            place += sizeof narrow;
            value = narrow;
        }
    }
}

}  // namespace

Result<StoredAnalysis> encodeAnalysis(const Analysis& analysis) {
    std::string block;
    StoredAnalysis stored;
    stored.document = dumpJson(DocumentWriter(block).write(analysis));
    SKD_TRY(stored.spectra, deflateBlock(block));
    stored.spectraSha256 = sha256Hex(block);
    stored.sha256 = Sha256().update(stored.document).update(block).hex();
    return stored;
}

Result<AnalysisPtr> decodeAnalysis(std::string_view document, std::string_view spectra) {
    SKD_TRY(const Json json, parseJson(document));
    auto analysis = std::make_shared<Analysis>();
    std::vector<Stored> stored;
    SKD_CHECK(DocumentReader::read(json, "", *analysis, stored));
    SKD_TRY(const std::uint64_t size, blockSize(stored));
    SKD_TRY(const std::string block, inflateBlock(spectra, size));
    fill(stored, block);
    // Analyses from before there were several probes.
    for (MatrixSpectrum& matrix : analysis->matrices)
        if (matrix.probes.empty() && matrix.probeRank > 0)
            matrix.probes.push_back({matrix.probeRank, matrix.probeKl});
    return AnalysisPtr(std::move(analysis));
}

}  // namespace skd
