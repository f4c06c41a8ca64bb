// Every file that a run leaves and a later one reads back proves itself.

#include <fstream>

#include "base/hash.h"
#include "base/verified_file.h"
#include "core/run/pipeline_fixture.h"
#include "distill/checkpoint.h"
#include "distill/teacher_cache.h"
#include "formats/safetensors_seal.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

Status readSealed(const fs::path& path) {
    SKD_TRY(const SafetensorsFile file, SafetensorsFile::open(path));
    if (!file.dataDigest()) return fail(ErrorCode::Corrupt, "it has no seal");
    TensorCopier copier(file);
    for (const TensorView& view : file.tensors()) {
        std::string bytes(view.bytes.size(), '\0');
        SKD_CHECK(copier.copy(view, bytes.data()));
    }
    return copier.finish();
}

/// A file of JSON, whatever its format; one without a digest is not accepted.
Status readJson(const fs::path& path) {
    static const std::map<std::string, std::string> kFormats{
        {"state.json", "sparsekd-state"}, {"manifest.json", "sparsekd-teacher-manifest"}};
    const std::string name = path.filename().string();
    std::string format = "sparsekd-score";
    if (const auto found = kFormats.find(name); found != kFormats.end()) format = found->second;
    if (name.ends_with(".probes.json")) format = "sparsekd-probes";
    if (name.ends_with(".profiles.json")) format = "sparsekd-profiles";
    if (name == "learning-rate.json") format = "sparsekd-learning-rate";
    if (!readBytes(path).starts_with(R"({"format":)"))
        return fail(ErrorCode::Corrupt, "it has no digest");
    SKD_TRY(const Json content, readVerifiedJson(path, {format}));
    return {};
}

Status readBlock(const fs::path& path) {
    const std::string bytes = readBytes(path);
    if (bytes.size() < 8) return fail(ErrorCode::Corrupt, "it is cut");
    std::uint64_t stored = 0;
    std::memcpy(&stored, bytes.data() + bytes.size() - 8, 8);
    if (stored == xxh3(bytes.data(), bytes.size() - 8)) return {};
    return fail(ErrorCode::Corrupt, "another hash");
}

/// Reads a file as the program does, by its kind.
Status readAgain(const fs::path& path) {
    const std::string folder = path.parent_path().filename().string();
    if (folder.starts_with("step-") || folder.starts_with("best-") || folder.starts_with("part-")) {
        SKD_TRY(const Checkpoint checkpoint, CheckpointFolder::load(path.parent_path()));
        return {};
    }
    if (path.extension() == ".bin") return readBlock(path);
    if (path.extension() == ".json") return readJson(path);
    return readSealed(path);
}

TEST_F(PipelineTest, EveryFileThatARunLeavesNoticesFlipsAndCuts) {
    (void)complete(small(), 1);
    std::set<std::string> kinds;
    for (const auto& entry : fs::recursive_directory_iterator(paths.cache)) {
        if (!entry.is_regular_file()) continue;
        const fs::path path = entry.path();
        kinds.insert(path.extension().string());
        const std::string sound = readBytes(path);
        const Status read = readAgain(path);
        EXPECT_TRUE(read) << path << ": " << read.error().message;
        const auto refused = [&](const std::string& bytes) {
            std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
            return !readAgain(path);
        };
        for (std::size_t i = 0; i < 10; ++i) {
            const std::size_t at = i * (sound.size() - 1) / 9;
            std::string flipped = sound;
            flipped[at] = static_cast<char>(flipped[at] ^ (1 << (i % 8)));
            EXPECT_TRUE(refused(flipped)) << path << ", a flip at byte " << at;
            EXPECT_TRUE(refused(sound.substr(0, at))) << path << " cut at byte " << at;
        }
        EXPECT_FALSE(refused(sound)) << path;
    }
    EXPECT_EQ(kinds, (std::set<std::string>{".bin", ".json", ".safetensors", ".spectra"}));
}

TEST_F(PipelineTest, ADamagedModelOfARunIsRefused) {
    (void)complete(small(), 1);
    const RunModels models(paths.run(RunId(1)));
    const auto damage = [&](const fs::path& path) {
        std::string bytes = readBytes(path);
        bytes[bytes.size() - 9] = static_cast<char>(bytes[bytes.size() - 9] ^ 16);
        std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    };
    damage(models.final());
    damage(models.pruned(1));
    const LoadOptions options{at::kBFloat16, at::kCPU};
    for (const std::optional<std::int64_t> step : {std::optional<std::int64_t>(), {0}}) {
        const auto opened = models.open(step, options);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, ErrorCode::Corrupt);
        EXPECT_NE(opened.error().message.find("changed after it was written"), std::string::npos)
            << opened.error().message;
    }
    // A damaged header loses the step, and the message says why.
    for (const fs::path& other : {models.final(), models.recovered(1)}) fs::remove(other);
    std::string bytes = readBytes(models.pruned(1));
    bytes[40] = static_cast<char>(bytes[40] ^ 1);
    std::ofstream(models.pruned(1), std::ios::binary | std::ios::trunc) << bytes;
    const auto opened = models.open(0, options);
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find("What cannot be read: pruned-1.safetensors"),
              std::string::npos)
        << opened.error().message;
}

}  // namespace
}  // namespace skd::test
