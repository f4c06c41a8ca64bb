#include "formats/safetensors_folder.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "formats/json_scanner.h"
#include "formats/refusals.h"
#include "formats/safetensors_file.h"
#include "formats/tensor_view.h"

namespace skd {
namespace {

Status checkShardName(std::string_view name) {
    const auto refuse = [name](const char* why) {
        return corrupt("the shard name ", displayName(name), " ", why);
    };
    if (name.find_first_of("/\\") != std::string_view::npos)
        return refuse("leads to another folder; shards must lie beside the index");
    if (name.find("..") != std::string_view::npos) return refuse("contains \"..\"");
    if (std::any_of(name.begin(), name.end(),
                    [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
        return refuse("contains a control character");
    if (!name.ends_with(".safetensors")) return refuse("does not end in .safetensors");
    if (name.size() > 255) return refuse("is longer than 255 bytes");
    return {};
}

class IndexParser {
public:
    explicit IndexParser(std::string_view json) : m_json(json) {}

    Result<SafetensorsIndex> parse() {
        SKD_CHECK(m_json.object("'{'", "a key",
                                [this](const std::string& name) { return parseField(name); }));
        SKD_CHECK(m_json.finish());
        if (!m_mapSeen) return corrupt("it has no weight_map");
        SKD_CHECK(checkMappedOnce());
        return std::move(m_index);
    }

private:
    Status parseField(const std::string& name) {
        if (name == "metadata" && m_json.peek() == '{') return parseMetadata();
        if (name != "weight_map") return m_json.skipValue();
        if (std::exchange(m_mapSeen, true)) return corrupt("it has weight_map twice");
        return m_json.object("'{' of weight_map", "a tensor name",
                             [this](const std::string& tensor) { return parseMapped(tensor); });
    }

    Status parseMetadata() {
        const auto field = [this](const std::string& key) -> Status {
            const JsonScanner before = m_json;
            if (auto total = m_json.natural("total_size"); key == "total_size" && total) {
                m_index.totalSize = *total;
                return {};
            }
            m_json = before;  // some exporters wrote 1.2e10: a hint, not worth a refusal
            return m_json.skipValue();
        };
        return m_json.object("'{' of metadata", "a key of metadata", field);
    }

    Status parseMapped(const std::string& tensor) {
        SKD_CHECK(checkTensorName(tensor, kMaxSafetensorsName));
        if (m_index.weights.size() == kMaxSafetensorsTensors)
            return unsupported("it maps more than ", kMaxSafetensorsTensors, " tensors");
        SKD_TRY(const std::string_view name, m_json.string("a shard's file name"));
        SKD_TRY(const std::size_t shard, shardNumber(name));
        m_index.weights.push_back({tensor, shard});
        return {};
    }

    Result<std::size_t> shardNumber(std::string_view name) {
        const auto [entry, isNew] =
            m_shardNumbers.try_emplace(std::string(name), m_index.shards.size());
        if (isNew) {
            SKD_CHECK(checkShardName(name));
            m_index.shards.emplace_back(name);
        }
        return entry->second;
    }

    [[nodiscard]] Status checkMappedOnce() const {
        std::unordered_set<std::string_view> names;
        names.reserve(m_index.weights.size());
        for (const SafetensorsIndex::Mapped& mapped : m_index.weights)
            if (!names.insert(mapped.tensor).second)
                return corrupt("weight_map has the tensor ", displayName(mapped.tensor), " twice");
        return {};
    }

    JsonScanner m_json;
    SafetensorsIndex m_index;
    std::unordered_map<std::string, std::size_t> m_shardNumbers;
    bool m_mapSeen = false;
};

}  // namespace

Result<SafetensorsIndex> parseSafetensorsIndex(std::string_view json) {
    if (!isValidUtf8(json)) return corrupt("it is not valid UTF-8");
    return IndexParser(json).parse();
}

}  // namespace skd
