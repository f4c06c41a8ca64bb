#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>

#include "base/files.h"
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

}  // namespace

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
