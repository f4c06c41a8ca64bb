#include "formats/safetensors_folder.h"

#include <algorithm>
#include <system_error>
#include <unordered_map>

#include "base/files.h"
#include "base/log.h"
#include "base/text.h"
#include "formats/json_scanner.h"
#include "formats/refusals.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

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
        if (const auto twice = nameGivenTwice(m_index.weights, &SafetensorsIndex::Mapped::tensor))
            return corrupt("weight_map has the tensor ", displayName(*twice), " twice");
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

    JsonScanner m_json;
    SafetensorsIndex m_index;
    std::unordered_map<std::string, std::size_t> m_shardNumbers;
    bool m_mapSeen = false;
};

constexpr const char* kSingle = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr std::uint64_t kMaxIndexBytes = 100'000'000;

/// The Hugging Face cache keeps SNAPSHOTS/revision/file as links into a folder "blobs" beside
/// "snapshots"; nothing else outside the model's folder is read.
bool isHubBlob(const fs::path& folder, const fs::path& target) {
    const fs::path snapshots = folder.parent_path();
    return snapshots.filename() == "snapshots" &&
           target.parent_path() == snapshots.parent_path() / "blobs";
}

Status checkStaysInside(const fs::path& folder, const std::string& name) {
    std::error_code error;
    const fs::path home = fs::canonical(folder, error);
    if (error) return fail(ioError("cannot open the folder", folder, error.value()));
    const fs::path target = fs::canonical(folder / name, error);
    if (error) return fail(ioError("cannot open", folder / name, error.value()));
    const fs::path relative = target.lexically_relative(home);
    if (!relative.empty() && *relative.begin() != "..") return {};
    if (isHubBlob(home, target)) return {};
    return fail(ErrorCode::InvalidInput,
                strCat(name, " is a symbolic link that leaves its folder (to ", target.string(),
                       "); put the file itself there"));
}

Error missingWeights(const fs::path& folder) {
    std::error_code ignored;
    const bool pickle = fs::exists(folder / "pytorch_model.bin", ignored) ||
                        fs::exists(folder / "pytorch_model.bin.index.json", ignored);
    return {ErrorCode::NotFound,
            strCat("there is neither ", kSingle, " nor ", kIndex, " in ", folder.string(),
                   pickle ? "; its pytorch_model.bin is a pickle, which is never read: convert the "
                            "model to safetensors"
                          : "; give the folder of a complete Hugging Face model")};
}

Result<SafetensorsFile> openFile(const fs::path& folder, const std::string& name) {
    SKD_CHECK(checkStaysInside(folder, name));
    return SafetensorsFile::open(folder / name);
}

Status checkAgainst(const SafetensorsIndex& index, const std::vector<SafetensorsFile>& files) {
    std::unordered_map<std::string_view, std::size_t> shardOf;
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < files.size(); ++i) {
        for (const TensorView& tensor : files[i].tensors()) {
            total += tensor.bytes.size();
            const auto [entry, isNew] = shardOf.try_emplace(tensor.name, i);
            if (!isNew)
                return corrupt("the tensor ", displayName(tensor.name), " is both in ",
                               index.shards[entry->second], " and in ", index.shards[i]);
        }
    }
    for (const SafetensorsIndex::Mapped& mapped : index.weights) {
        const auto found = shardOf.find(mapped.tensor);
        if (found == shardOf.end() || found->second != mapped.shard)
            return corrupt("the tensor ", displayName(mapped.tensor), " is not in its shard ",
                           index.shards[mapped.shard], "; download both again");
    }
    if (shardOf.size() > index.weights.size())
        log::warning(strCat(kIndex, " does not map ", shardOf.size() - index.weights.size(),
                            " of the ", shardOf.size(), " tensors its shards hold"));
    if (index.totalSize && *index.totalSize != total)
        log::warning(strCat(kIndex, " gives a total size of ", *index.totalSize,
                            " bytes; its shards hold ", total));
    return {};
}

Result<std::vector<SafetensorsFile>> openShards(const fs::path& folder) {
    SKD_CHECK(checkStaysInside(folder, kIndex));
    SKD_TRY(const std::string json, readFile(folder / kIndex, kMaxIndexBytes));
    SKD_TRY(const SafetensorsIndex index, located(parseSafetensorsIndex(json), kIndex));
    std::vector<SafetensorsFile> files;
    std::error_code ignored;
    for (const std::string& shard : index.shards) {
        if (!fs::exists(fs::symlink_status(folder / shard, ignored)))
            return fail(ErrorCode::NotFound,
                        strCat("the shard ", shard, " named by ", kIndex, " is missing in ",
                               folder.string(), "; download it"));
        SKD_TRY(SafetensorsFile file, openFile(folder, shard));
        files.push_back(std::move(file));
    }
    SKD_CHECK(located(checkAgainst(index, files), kIndex));
    return files;
}

}  // namespace

Result<SafetensorsIndex> parseSafetensorsIndex(std::string_view json) {
    if (!isValidUtf8(json)) return corrupt("it is not valid UTF-8");
    return IndexParser(json).parse();
}

Result<SafetensorsFolder> SafetensorsFolder::open(const fs::path& folder) {
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored))
        return fail(ErrorCode::NotFound, strCat(folder.string(), " is not a folder"));
    SafetensorsFolder weights;
    if (fs::exists(fs::symlink_status(folder / kSingle, ignored))) {
        SKD_TRY(SafetensorsFile file, openFile(folder, kSingle));
        weights.m_files.push_back(std::move(file));
    } else if (fs::exists(fs::symlink_status(folder / kIndex, ignored))) {
        SKD_TRY(weights.m_files, openShards(folder));
    } else {
        return fail(missingWeights(folder));
    }
    std::vector<TensorView> all;
    for (const SafetensorsFile& file : weights.m_files) {
        all.insert(all.end(), file.tensors().begin(), file.tensors().end());
        weights.m_metadata.insert(file.metadata().begin(), file.metadata().end());
    }
    SKD_TRY(weights.m_table, TensorTable::build(std::move(all)));
    return weights;
}

Status SafetensorsFolder::checkUnchanged() const {
    for (const SafetensorsFile& file : m_files) SKD_CHECK(file.checkUnchanged());
    return {};
}

}  // namespace skd
