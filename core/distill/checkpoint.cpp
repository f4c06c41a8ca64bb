#include "distill/checkpoint.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <system_error>

#include "base/files.h"
#include "base/hash.h"
#include "base/members.h"
#include "base/text.h"
#include "formats/safetensors_file.h"
#include "formats/safetensors_seal.h"
#include "formats/safetensors_writer.h"

namespace skd {
namespace {

constexpr const char* kTensorFile = "tensors.safetensors";
constexpr const char* kManifest = "manifest.json";
constexpr std::size_t kGenerations = 2;
/// More than any run can take.
constexpr std::int64_t kMostSteps = std::int64_t{1} << 52;

Result<DType> storageType(const NamedTensor& tensor) {
    switch (tensor.tensor.scalar_type()) {
        case at::kFloat:
            return DType::F32;
        case at::kBFloat16:
            return DType::BF16;
        case at::kByte:
            return DType::U8;
        default:
            return fail(ErrorCode::Internal, strCat(tensor.name, " is neither f32, bf16 nor u8"));
    }
}

Status writeTensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors) {
    std::vector<TensorOut> out;
    at::Tensor current;
    for (const NamedTensor& tensor : tensors) {
        SKD_TRY(const DType type, storageType(tensor));
        TensorOut entry{tensor.name, type, tensor.tensor.sizes().vec(), {}};
        entry.produce = [&current, source = tensor.tensor]() -> Result<std::span<const std::byte>> {
            current = source.detach().to(at::kCPU).contiguous();
            return std::span(static_cast<const std::byte*>(current.const_data_ptr()),
                             current.nbytes());
        };
        out.push_back(std::move(entry));
    }
    return writeSafetensors(path, out, {{"format", "pt"}});
}

Result<std::vector<NamedTensor>> readTensors(const std::filesystem::path& path) {
    SKD_TRY(const SafetensorsFile file, SafetensorsFile::open(path));
    TensorCopier copier(file);
    std::vector<NamedTensor> tensors;
    for (const TensorView& view : file.tensors()) {
        const auto* type = std::get_if<DType>(&view.type);
        if (type == nullptr || (*type != DType::F32 && *type != DType::BF16 && *type != DType::U8))
            return fail(ErrorCode::Corrupt,
                        strCat(path.string(), ": ", view.name, " is neither F32, BF16 nor U8"));
        at::Tensor tensor = at::empty(view.shape, *type == DType::F32    ? at::kFloat
                                                  : *type == DType::BF16 ? at::kBFloat16
                                                                         : at::kByte);
        SKD_CHECK(copier.copy(view, tensor.mutable_data_ptr()));
        tensors.push_back({view.name, std::move(tensor)});
    }
    return tensors;
}

/// {"content": ..., "sha256": of the content's text}: written compactly, so that no byte of it can
/// change unseen.
std::string manifestText(const Json& content) {
    return dumpJson(Json{{"content", content}, {"sha256", sha256Hex(dumpJson(content))}}) + "\n";
}

Status write(const std::filesystem::path& folder, const Checkpoint& checkpoint) {
    std::error_code error;
    SKD_CHECK(createFolders(folder));
    // A manifest of an earlier attempt must not vouch for the new tensors.
    std::filesystem::remove(folder / kManifest, error);
    SKD_CHECK(writeTensors(folder / kTensorFile, checkpoint.tensors));
    SKD_TRY(const std::string sha256, sha256File(folder / kTensorFile));
    const std::uint64_t size = std::filesystem::file_size(folder / kTensorFile, error);
    if (error) return fail(ioError("cannot examine", folder / kTensorFile, error.value()));
    const Json content{
        {"format", "sparsekd-checkpoint"},
        {"version", 1},
        {"step", checkpoint.step},
        {"state", checkpoint.state},
        {"files", Json::array({{{"name", kTensorFile}, {"size", size}, {"sha256", sha256}}})}};
    return writeFileAtomically(folder / kManifest, manifestText(content));
}

Result<Json> readManifest(const std::filesystem::path& folder) {
    SKD_TRY(const std::string text, readFile(folder / kManifest, 1 << 28));
    SKD_TRY(const Json manifest, located(parseJson(text), (folder / kManifest).string()));
    const Json content = manifest.is_object() ? valueOr(manifest, "content", Json()) : Json();
    if (!content.is_object() || text != manifestText(content))
        return fail(ErrorCode::Corrupt,
                    strCat((folder / kManifest).string(), " was changed after it was written"));
    if (valueOr(content, "version", Json()) != Json(1))
        return fail(ErrorCode::Newer,
                    strCat(folder.string(),
                           ": this checkpoint was written by a newer version of the program"));
    return content;
}

}  // namespace

Result<Checkpoint> CheckpointFolder::load(const std::filesystem::path& folder) {
    SKD_TRY(const Json content, readManifest(folder));
    Checkpoint checkpoint;
    Json files;
    std::string expected;
    const std::string manifest = (folder / kManifest).string();
    SKD_CHECK(located(takeNumber(content, "step", 0, kMostSteps, checkpoint.step), manifest));
    SKD_CHECK(located(takeMember(content, "state", checkpoint.state), manifest));
    SKD_CHECK(located(takeMember(content, "files", files), manifest));
    SKD_CHECK(located(takeMember(files.is_array() && files.size() == 1 ? files.front() : Json(),
                                 "sha256", expected),
                      manifest));
    if (!checkpoint.state.is_object())
        return fail(ErrorCode::Corrupt, manifest + ": its \"state\" is no object");
    SKD_TRY(const std::string sha256, sha256File(folder / kTensorFile));
    if (expected != sha256)
        return fail(ErrorCode::Corrupt, strCat((folder / kTensorFile).string(),
                                               " does not have the SHA-256 of its manifest"));
    SKD_TRY(checkpoint.tensors, readTensors(folder / kTensorFile));
    return checkpoint;
}

std::vector<std::int64_t> CheckpointFolder::steps(const std::string& prefix) const {
    std::vector<std::int64_t> found;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(m_folder, ignored)) {
        const std::string name = entry.path().filename().string();
        std::int64_t step = 0;
        const char* end = name.data() + name.size();
        if (name.starts_with(prefix) &&
            std::from_chars(name.data() + prefix.size(), end, step).ptr == end)
            found.push_back(step);
    }
    std::sort(found.begin(), found.end());
    return found;
}

Status CheckpointFolder::save(const Checkpoint& checkpoint) const {
    SKD_CHECK(write(stepPath(checkpoint.step), checkpoint));
    removeOld(checkpoint.step);
    return {};
}

bool CheckpointFolder::isUnfinished(std::int64_t step) const {
    std::error_code error;
    const auto manifest = std::filesystem::symlink_status(stepPath(step) / kManifest, error);
    return manifest.type() == std::filesystem::file_type::not_found;
}

void CheckpointFolder::removeOld(std::int64_t newest) const {
    std::error_code ignored;
    std::size_t kept = 0;
    bool allRead = true;
    std::set<std::int64_t> bestNamed;
    const auto read = [&](std::int64_t step) -> Status {
        SKD_TRY(const Json content, readManifest(stepPath(step)));
        ++kept;
        std::int64_t best = -1;
        if (takeNumber(valueOr(content, "state", Json()), "best_step", 0, kMostSteps, best))
            bestNamed.insert(best);
        return {};
    };
    // Nothing is given up for a checkpoint that cannot be read.
    if (!read(newest)) return;
    const std::vector<std::int64_t> present = steps("step-");
    for (auto step = present.rbegin(); step != present.rend(); ++step) {
        if (*step == newest) continue;
        // Of a run that was started again, or one more than is kept.
        bool isSpare = *step > newest || kept == kGenerations;
        if (!isSpare) {
            const Status sound = read(*step);
            isSpare = !sound && (sound.error().code == ErrorCode::Corrupt || isUnfinished(*step));
            allRead = allRead && (sound || isSpare);
        }
        if (isSpare) std::filesystem::remove_all(stepPath(*step), ignored);
    }
    if (!allRead) return;  // what cannot be read just now may name any of them
    for (const std::int64_t step : steps("best-"))
        if (!bestNamed.contains(step)) std::filesystem::remove_all(bestPath(step), ignored);
}

Result<std::optional<Checkpoint>> CheckpointFolder::loadNewest(const RunContext& context) const {
    const std::vector<std::int64_t> present = steps("step-");
    std::string problems;
    for (auto step = present.rbegin(); step != present.rend(); ++step) {
        auto checkpoint = load(stepPath(*step));
        if (checkpoint) return std::optional<Checkpoint>(std::move(*checkpoint));
        if (isUnfinished(*step)) continue;
        appendPart(problems, checkpoint.error().message, "; ");
        context.log(log::Level::Warning,
                    strCat("the checkpoint of step ", *step,
                           " is damaged and skipped: ", checkpoint.error().message));
    }
    if (problems.empty()) return std::optional<Checkpoint>();
    return fail(ErrorCode::Corrupt, strCat("no checkpoint in ", m_folder.string(), " is sound (",
                                           problems, "); delete the folder to start again"));
}

Status CheckpointFolder::saveBest(const Checkpoint& checkpoint) const {
    return write(bestPath(checkpoint.step), checkpoint);
}

Status CheckpointFolder::savePart(const Checkpoint& checkpoint) const {
    return write(partPath(checkpoint.step), checkpoint);
}

Status saveBestWeights(const CheckpointFolder& checkpoints, Decoder& student, std::int64_t step,
                       double perplexity) {
    Checkpoint best{step, {{"perplexity", perplexity}}, {}};
    student.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        best.tensors.push_back({name, tensor});
    });
    return checkpoints.saveBest(best);
}

Status takeBestWeights(const CheckpointFolder& checkpoints, Decoder& student, std::int64_t step) {
    SKD_TRY(const Checkpoint best, CheckpointFolder::load(checkpoints.bestPath(step)));
    const c10::AutoGradMode noGradient(false);
    const std::map<std::string, at::Tensor> stored = byName(best.tensors);
    Status status;
    student.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        const auto found = stored.find(name);
        if (found != stored.end() && found->second.sizes() == tensor.sizes())
            tensor.copy_(found->second);
        else
            status = fail(ErrorCode::Corrupt,
                          strCat("the best checkpoint has no ", name, " of the student's shape"));
    });
    return status;
}

}  // namespace skd
