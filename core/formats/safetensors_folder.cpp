#include "formats/safetensors_folder.h"

#include <string>
#include <system_error>
#include <unordered_map>

#include "base/files.h"
#include "base/log.h"
#include "base/text.h"
#include "formats/refusals.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

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
