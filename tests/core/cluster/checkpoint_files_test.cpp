#include "cluster/checkpoint_files.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/verified_file.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

class CheckpointFilesTest : public testing::Test {
protected:
    std::int64_t send(const std::vector<std::pair<std::string, std::string>>& files) {
        std::vector<CheckpointSource> sources;
        for (const auto& [name, text] : files) {
            const fs::path path = folder / ("run/" + name);
            fs::create_directories(path.parent_path());
            EXPECT_TRUE(writeFileAtomically(path, text));
            sources.push_back({name, path});
        }
        const auto sent = shared.send(sources);
        EXPECT_TRUE(sent) << sent.error().message;
        return sent.value_or(0);
    }
    std::string fetched(const std::string& name) {
        return readFile(folder / ("there/" + name)).value_or("missing");
    }
    fs::path blob(const std::string& text) { return folder / "shared/blobs" / sha256Hex(text); }

    const TemporaryFolder folder;
    CheckpointFiles shared{folder / "shared"};
};

TEST_F(CheckpointFilesTest, TheNewestOneComesBackWithItsFolders) {
    EXPECT_EQ(*shared.fetch(folder / "there"), 0) << "there is none";
    EXPECT_EQ(send({{"state.json", "one"}, {"checkpoints-1/step-2/a", "weights"}}), 1);
    EXPECT_EQ(send({{"state.json", "two"}, {"checkpoints-1/step-2/a", "weights"}}), 2);
    ASSERT_EQ(*shared.fetch(folder / "there"), 2);
    EXPECT_EQ(fetched("state.json"), "two");
    EXPECT_EQ(fetched("checkpoints-1/step-2/a"), "weights");
}

TEST_F(CheckpointFilesTest, WhatIsUnchangedIsSentOnceAndWhatIsOldGoes) {
    send({{"pruned", "large"}, {"state.json", "1"}});
    const auto written = fs::last_write_time(blob("large"));
    send({{"pruned", "large"}, {"state.json", "2"}});
    send({{"pruned", "large"}, {"state.json", "3"}});
    EXPECT_EQ(fs::last_write_time(blob("large")), written);
    EXPECT_FALSE(fs::exists(blob("1"))) << "of the last but two";
    EXPECT_TRUE(fs::exists(blob("2")));
}

TEST_F(CheckpointFilesTest, AFlippedBitLeadsToTheOneBefore) {
    send({{"state.json", "one"}});
    send({{"state.json", "two"}});
    fs::remove(blob("two"));
    ASSERT_TRUE(writeFileAtomically(blob("two"), "twp"));
    EXPECT_EQ(*shared.fetch(folder / "there"), 1);
    EXPECT_EQ(fetched("state.json"), "one");
    ASSERT_TRUE(writeFileAtomically(blob("one"), "onf"));
    EXPECT_EQ(*shared.fetch(folder / "there"), 0) << "it begins again";
    EXPECT_FALSE(fs::exists(folder / "there"));
}

TEST_F(CheckpointFilesTest, AFullFolderLeavesTheOneBefore) {
    send({{"state.json", "one"}});
    setWriteFaultForTesting(
        [](const char* call) { return std::string_view(call) == "write" ? ENOSPC : 0; });
    const auto full = shared.send({{"state.json", folder / "run/state.json"}});
    setWriteFaultForTesting({});
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, ErrorCode::NoSpace);
    EXPECT_EQ(*shared.fetch(folder / "there"), 1);
}

TEST_F(CheckpointFilesTest, ANameThatLeadsElsewhereIsRefused) {
    fs::create_directories(folder / "shared/blobs");
    ASSERT_TRUE(writeFileAtomically(blob("x"), "x"));
    for (const char* name : {"../escaped", "/tmp/escaped", "a/../../escaped", ""}) {
        ASSERT_TRUE(writeVerifiedJson(folder / "shared/checkpoint-1.json", {"sparsekd-checkpoint"},
                                      {{"files", {{{"name", name}, {"sha256", sha256Hex("x")}}}}}));
        EXPECT_EQ(*shared.fetch(folder / "there"), 0) << name;
    }
    EXPECT_FALSE(fs::exists(folder / "escaped"));
}

}  // namespace
}  // namespace skd
