// Every file that a run leaves and a later one reads back proves itself.

#include <fstream>
#include <random>

#include "base/hash.h"
#include "base/text.h"
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

/// What a file is, in words.
std::string kindOf(const fs::path& path) {
    const std::string name = path.filename().string(),
                      folder = path.parent_path().filename().string();
    const char* what = name.ends_with(".json") ? ", manifest" : ", tensors";
    if (folder.starts_with("part-")) return strCat("refined block", what);
    if (folder.starts_with("step-") || folder.starts_with("best-"))
        return strCat("checkpoint", what);
    if (name.starts_with("pruned-")) return "cut model";
    if (name.starts_with("refined-")) return "refined model";
    if (name.starts_with("round-")) return "recovered model";
    if (name == "manifest.json") return "teacher cache";
    if (path.extension() == ".bin") return "teacher block";
    for (const char* end : {".probes.json", ".profiles.json", ".spectra", ".channels"})
        if (name.ends_with(end)) return end;
    return folder == "scores" ? "score" : name;
}

/// All of the kinds that a workspace can have beside its database.
const std::set<std::string> kKinds{"refined block, manifest",
                                   "refined block, tensors",
                                   "checkpoint, manifest",
                                   "checkpoint, tensors",
                                   "cut model",
                                   "refined model",
                                   "recovered model",
                                   "teacher cache",
                                   "teacher block",
                                   ".probes.json",
                                   ".profiles.json",
                                   ".spectra",
                                   ".channels",
                                   "score",
                                   "state.json",
                                   "learning-rate.json",
                                   "model.safetensors"};

/// Changes a file in its place, and makes it whole again.
class DamagedFile {
public:
    explicit DamagedFile(fs::path path) : m_path(std::move(path)), m_sound(readBytes(m_path)) {}
    [[nodiscard]] std::size_t size() const { return m_sound.size(); }

    /// Whether reading notices another byte at `at`, and a file that ends there.
    [[nodiscard]] bool noticesFlip(std::size_t at, char by) const {
        put(at, static_cast<char>(m_sound[at] ^ by));
        const bool noticed = !readAgain(m_path);
        put(at, m_sound[at]);
        return noticed;
    }
    [[nodiscard]] bool noticesCut(std::size_t at) const {
        fs::resize_file(m_path, at);
        const bool noticed = !readAgain(m_path);
        std::ofstream(m_path, std::ios::binary | std::ios::app) << m_sound.substr(at);
        return noticed;
    }

private:
    void put(std::size_t at, char byte) const {
        std::fstream file(m_path, std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(at)).put(byte);
    }
    fs::path m_path;
    std::string m_sound;
};

/// Two hundred flips and cuts of each kind, shared by its files.
constexpr int kDamages = 200;

class EveryFile : public PipelineTest {
protected:
    /// A complete run that leaves most kinds, one of another arm, and runs that were stopped at
    /// several places: they leave what a complete one has cleared away.
    void makeRuns() {
        RunSpec spec = small();
        spec.distill.learningRate = AutoNumber::automatic();
        spec.distill.rampSteps = 10;
        spec.prune.depthTrials = 4;
        spec.refine.passes = 1;
        StoppingSink whole;
        (void)complete(spec, 1, whole);
        std::vector<std::size_t> stops{whole.events.size() / 3, whole.events.size() / 2};
        stops.push_back(firstOf(whole, [](const Event& event) {
            return std::holds_alternative<CheckpointSaved>(event);
        }));
        stops.push_back(firstOf(whole, [](const Event& event) {
            const auto* batch = std::get_if<MetricBatch>(&event);
            return batch && std::ranges::any_of(batch->points, [](const MetricPoint& point) {
                       return point.name == "refine.after";
                   });
        }));
        for (std::size_t i = 0; i < stops.size(); ++i) {
            StoppingSink sink;
            sink.stopAt = stops[i];
            EXPECT_TRUE(run(spec, static_cast<std::int64_t>(2 + i), sink));
        }
        spec = small();
        spec.prune.mlpArm = MlpArm::Channels;
        spec.distill.steps = 0;
        (void)complete(spec, 20);
    }
    /// The place of an event, counted from 1.
    template <class Wanted>
    static std::size_t firstOf(const StoppingSink& sink, const Wanted& wanted) {
        const auto found = std::ranges::find_if(sink.events, wanted);
        EXPECT_NE(found, sink.events.end());
        return static_cast<std::size_t>(found - sink.events.begin()) + 1;
    }
    [[nodiscard]] std::map<std::string, std::vector<fs::path>> filesByKind() const {
        std::map<std::string, std::vector<fs::path>> files;
        for (const auto& entry : fs::recursive_directory_iterator(paths.cache))
            if (entry.is_regular_file()) files[kindOf(entry.path())].push_back(entry.path());
        return files;
    }
};

TEST_F(EveryFile, ThatRunsLeaveNoticesEveryFlipAndCut) {
    makeRuns();
    const auto files = filesByKind();
    for (const std::string& kind : kKinds) EXPECT_TRUE(files.contains(kind)) << kind;
    std::mt19937_64 random(20261130);
    for (const auto& [kind, all] : files) {
        EXPECT_TRUE(kKinds.contains(kind)) << "what is " << all.front() << "?";
        std::vector<DamagedFile> damaged;
        for (const fs::path& path : all) {
            const Status read = readAgain(path);
            EXPECT_TRUE(read) << path << ": " << read.error().message;
            damaged.emplace_back(path);
        }
        for (std::size_t i = 0; i < kDamages; ++i) {
            const DamagedFile& file = damaged[i % damaged.size()];
            ASSERT_GT(file.size(), 0u) << all[i % all.size()];
            const std::size_t at = random() % file.size();
            EXPECT_TRUE(file.noticesFlip(at, static_cast<char>(1 << random() % 8)))
                << all[i % all.size()] << ", a flip at byte " << at;
            EXPECT_TRUE(file.noticesCut(at)) << all[i % all.size()] << " cut at byte " << at;
        }
        for (const fs::path& path : all) EXPECT_TRUE(readAgain(path)) << path << ", whole again";
    }
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
