#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>

#include "base/files.h"
#include "base/hash.h"
#include "core/distill/distill_fixture.h"
#include "distill/checkpoint.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

Checkpoint checkpointOf(std::int64_t step, std::int64_t best) {
    at::manual_seed(static_cast<std::uint64_t>(step));
    return {step,
            {{"best_step", best}, {"note", "x"}},
            {{"a", at::randn({3, 5})}, {"b", at::randn({7}).to(at::kBFloat16)}}};
}

void expectEqual(const Checkpoint& checkpoint, const Checkpoint& expected) {
    EXPECT_EQ(checkpoint.step, expected.step);
    EXPECT_EQ(checkpoint.state, expected.state);
    ASSERT_EQ(checkpoint.tensors.size(), expected.tensors.size());
    for (const NamedTensor& tensor : checkpoint.tensors)
        EXPECT_TRUE(at::equal(tensor.tensor, expected.tensors[tensor.name == "a" ? 0 : 1].tensor));
}

/// A manifest as the program seals it, around any content.
void writeManifest(const std::filesystem::path& folder, const Json& content) {
    const Json manifest{{"content", content}, {"sha256", sha256Hex(dumpJson(content))}};
    ASSERT_TRUE(writeFileAtomically(folder / "manifest.json", dumpJson(manifest) + "\n"));
}

/// Puts a link to itself in a file's place: reading fails with ELOOP, which says nothing of what
/// was there.
void makeUnreadable(const std::filesystem::path& path) {
    std::filesystem::remove(path);
    std::filesystem::create_symlink(path, path);
}

}  // namespace

TEST(DistillCheckpoint, CleanUpSparesWhatItCannotRead) {
    const test::TemporaryFolder folder;
    const CheckpointFolder checkpoints(folder / "run");
    for (const std::int64_t step : {1, 2}) {
        ASSERT_TRUE(checkpoints.saveBest(checkpointOf(step, step)));
        ASSERT_TRUE(checkpoints.save(checkpointOf(step, step)));
    }
    makeUnreadable(checkpoints.stepPath(2) / "manifest.json");
    ASSERT_TRUE(checkpoints.save(checkpointOf(3, 3)));
    for (const auto& path : {checkpoints.stepPath(1), checkpoints.stepPath(2),
                             checkpoints.bestPath(1), checkpoints.bestPath(2)})
        EXPECT_TRUE(std::filesystem::exists(path)) << path;
    // The manifest of the one just written cannot be read back.
    setWriteFaultForTesting([&](const char* call) {
        const auto manifest = checkpoints.stepPath(4) / "manifest.json";
        if (std::string(call) == "fsync" && std::filesystem::is_regular_file(manifest))
            makeUnreadable(manifest);
        return 0;
    });
    ASSERT_TRUE(checkpoints.save(checkpointOf(4, 3)));
    setWriteFaultForTesting(nullptr);
    for (const std::int64_t step : {1, 2, 3})
        EXPECT_TRUE(std::filesystem::exists(checkpoints.stepPath(step))) << step;
    EXPECT_EQ(checkpoints.loadNewest({})->value().step, 3);
    // A damaged one goes, an unfinished one too, and then all is as it should be.
    for (const std::int64_t step : {2, 4}) {
        std::filesystem::remove(checkpoints.stepPath(step) / "manifest.json");
        if (step == 2) std::ofstream(checkpoints.stepPath(step) / "manifest.json") << "{}";
    }
    ASSERT_TRUE(checkpoints.save(checkpointOf(5, 1)));
    for (const std::int64_t step : {1, 2, 4})
        EXPECT_FALSE(std::filesystem::exists(checkpoints.stepPath(step))) << step;
    EXPECT_TRUE(std::filesystem::exists(checkpoints.stepPath(3)));
    EXPECT_TRUE(std::filesystem::exists(checkpoints.bestPath(1)));
    EXPECT_FALSE(std::filesystem::exists(checkpoints.bestPath(2)));
}

TEST(DistillCheckpoint, RefusesCraftedManifests) {
    const test::TemporaryFolder folder;
    const CheckpointFolder checkpoints(folder / "run");
    ASSERT_TRUE(checkpoints.save(checkpointOf(1, -1)));
    const Json sound =
        parseJson(test::readBytes(checkpoints.stepPath(1) / "manifest.json"))->at("content");
    std::vector<Json> crafted;
    for (const char* name : {"files", "step", "state"}) {
        crafted.push_back(sound);
        crafted.back().erase(name);
        for (const Json& value : {Json(), Json("1"), Json(1.5), Json(-1), Json(1ull << 63),
                                  Json::array(), Json::array({5})}) {
            crafted.push_back(sound);
            crafted.back()[name] = value;
        }
    }
    for (const Json& files : {Json::array({Json::object()}), Json::array({{{"sha256", 5}}})}) {
        crafted.push_back(sound);
        crafted.back()["files"] = files;
    }
    for (const Json& content : crafted) {
        writeManifest(checkpoints.stepPath(1), content);
        const auto loaded = CheckpointFolder::load(checkpoints.stepPath(1));
        ASSERT_FALSE(loaded) << dumpJson(content);
        EXPECT_EQ(loaded.error().code, ErrorCode::Corrupt) << loaded.error().message;
    }
    writeManifest(checkpoints.stepPath(1), sound);
    EXPECT_TRUE(CheckpointFolder::load(checkpoints.stepPath(1)));
}

TEST(DistillCheckpoint, KeepsTheTwoNewestAndTheBestTheyName) {
    const test::TemporaryFolder folder;
    const CheckpointFolder checkpoints(folder / "run");
    EXPECT_FALSE(checkpoints.loadNewest({})->has_value());
    for (const std::int64_t step : {10, 20, 30}) {
        ASSERT_TRUE(checkpoints.saveBest(checkpointOf(step, step)));
        ASSERT_TRUE(checkpoints.save(checkpointOf(step, step)));
    }
    expectEqual(checkpoints.loadNewest({})->value(), checkpointOf(30, 30));
    EXPECT_FALSE(std::filesystem::exists(checkpoints.stepPath(10)));
    EXPECT_FALSE(std::filesystem::exists(checkpoints.bestPath(10)));
    EXPECT_TRUE(std::filesystem::exists(checkpoints.stepPath(20)));
    expectEqual(CheckpointFolder::load(checkpoints.bestPath(20)).value(), checkpointOf(20, 20));
    EXPECT_FALSE(CheckpointFolder::load(checkpoints.bestPath(10)));
}

TEST(DistillCheckpoint, NoticesEveryFlipAndFallsBackToTheEarlierOne) {
    const test::TemporaryFolder folder;
    const CheckpointFolder checkpoints(folder / "run");
    ASSERT_TRUE(checkpoints.save(checkpointOf(1, -1)));
    ASSERT_TRUE(checkpoints.save(checkpointOf(2, -1)));
    for (const char* name : {"tensors.safetensors", "manifest.json"}) {
        const auto path = checkpoints.stepPath(2) / name;
        const std::string sound = test::readBytes(path);
        for (std::size_t at = 0; at < sound.size(); ++at) {
            std::string flipped = sound;
            flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
            std::ofstream(path, std::ios::binary | std::ios::trunc) << flipped;
            test::Recorder recorder;
            const auto loaded = checkpoints.loadNewest(test::StoppingContext(&recorder).context);
            ASSERT_TRUE(loaded) << name << " " << at << ": " << loaded.error().message;
            ASSERT_EQ((*loaded)->step, 1) << name << " " << at;
            ASSERT_EQ(recorder.lines("step 2 is damaged"), 1);
        }
        for (std::size_t size = 0; size < sound.size(); size += 37) {
            std::ofstream(path, std::ios::binary | std::ios::trunc) << sound.substr(0, size);
            ASSERT_EQ(checkpoints.loadNewest({})->value().step, 1);
        }
        std::ofstream(path, std::ios::binary | std::ios::trunc) << sound;
    }
    ASSERT_EQ(checkpoints.loadNewest({})->value().step, 2);
    std::filesystem::resize_file(checkpoints.stepPath(1) / "tensors.safetensors", 9);
    std::filesystem::resize_file(checkpoints.stepPath(2) / "tensors.safetensors", 9);
    EXPECT_EQ(checkpoints.loadNewest({}).error().code, ErrorCode::Corrupt);
}

TEST(DistillCheckpoint, AFailedWriteLosesNothing) {
    const test::TemporaryFolder folder;
    const CheckpointFolder checkpoints(folder / "run");
    ASSERT_TRUE(checkpoints.save(checkpointOf(1, -1)));
    for (int failing = 0; failing < 100; ++failing) {
        int calls = 0;
        setWriteFaultForTesting([&](const char*) { return calls++ == failing ? ENOSPC : 0; });
        const Status status = checkpoints.save(checkpointOf(2, -1));
        setWriteFaultForTesting(nullptr);
        if (status) {
            EXPECT_GE(failing, 8);  // two files of open, write, fsync, rename at least
            expectEqual(checkpoints.loadNewest({})->value(), checkpointOf(2, -1));
            return;
        }
        EXPECT_EQ(status.error().code, ErrorCode::NoSpace);
        const auto loaded = checkpoints.loadNewest({});
        ASSERT_TRUE(loaded);
        // A folder that could not be flushed after the last rename may already hold the new one.
        EXPECT_TRUE((*loaded)->step == 1 || (*loaded)->step == 2);
    }
    FAIL() << "the write never succeeded";
}

}  // namespace skd
