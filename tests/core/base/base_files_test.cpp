#include "base/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "base/text.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

using test::readBytes;
using test::TemporaryFolder;

/// Sets a fault for its lifetime.
class FaultScope {
public:
    explicit FaultScope(WriteFault fault) { setWriteFaultForTesting(std::move(fault)); }
    ~FaultScope() { setWriteFaultForTesting({}); }
};

std::set<std::string> namesIn(const std::filesystem::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        names.insert(entry.path().filename().string());
    return names;
}

TEST(MappedFile, ShowsTheBytes) {
    const TemporaryFolder folder;
    const auto file = MappedFile::open(folder.write("a", std::string("x\0y", 3)));
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->view(), std::string_view("x\0y", 3));
    EXPECT_EQ(*file->readBytes(1, 2), std::string("\0y", 2));
    EXPECT_TRUE(file->checkUnchanged());
    EXPECT_EQ(MappedFile::open(folder.write("empty", ""))->size(), 0u);
}

TEST(MappedFile, RefusesWhatIsNotARegularFile) {
    const TemporaryFolder folder;
    ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(MappedFile::open(folder.path()).error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(MappedFile::open(folder / "pipe").error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(MappedFile::open("/dev/zero").error().code, ErrorCode::InvalidInput);
    const auto missing = MappedFile::open(folder / "missing");
    EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
    EXPECT_NE(missing.error().message.find("missing"), std::string::npos);
}

TEST(MappedFile, NoticesAFileThatShrinks) {
    const TemporaryFolder folder;
    const auto path = folder.write("a", std::string(10'000, 'x'));
    const auto file = MappedFile::open(path);
    ASSERT_TRUE(file);
    std::filesystem::resize_file(path, 100);
    EXPECT_EQ(file->checkUnchanged().error().code, ErrorCode::Corrupt);
    const auto bytes = file->readBytes(0, file->size());
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().code, ErrorCode::Corrupt);
    EXPECT_NE(bytes.error().message.find("ends at byte 100 of 10000"), std::string::npos);
}

TEST(MappedFile, MovesWithoutLeaking) {
    const TemporaryFolder folder;
    auto first = MappedFile::open(folder.write("a", "first"));
    auto second = MappedFile::open(folder.write("b", "second"));
    *first = std::move(*second);
    EXPECT_EQ(first->view(), "second");
    const MappedFile third = std::move(*first);
    EXPECT_EQ(third.view(), "second");
}

TEST(ReadFile, KeepsToItsLimit) {
    const TemporaryFolder folder;
    const auto path = folder.write("a", "12345");
    EXPECT_EQ(*readFile(path, 5), "12345");
    EXPECT_EQ(readFile(path, 4).error().code, ErrorCode::InvalidInput);
    std::filesystem::resize_file(folder.write("sparse", ""), 10'000'000'000'000);
    EXPECT_EQ(readFile(folder / "sparse").error().code, ErrorCode::InvalidInput);
}

TEST(AtomicFile, AppearsOnlyWhenCommitted) {
    const TemporaryFolder folder;
    {
        auto file = AtomicFile::create(folder / "a");
        ASSERT_TRUE(file && file->write("12") && file->write("345"));
        EXPECT_FALSE(std::filesystem::exists(folder / "a"));
        auto moved = std::move(*file);
        ASSERT_TRUE(moved.commit());
    }
    EXPECT_EQ(readBytes(folder / "a"), "12345");
    {
        auto abandoned = AtomicFile::create(folder / "b");
        ASSERT_TRUE(abandoned && abandoned->write("x"));
    }
    EXPECT_EQ(namesIn(folder.path()), std::set<std::string>{"a"});
}

TEST(AtomicFile, KeepsTheOldFileWhicheverCallFails) {
    const TemporaryFolder folder;
    const auto path = folder.write("state", "old");
    for (const int error : {ENOSPC, EIO, EACCES, EMFILE, EROFS}) {
        std::vector<std::string> failed;
        for (int nth = 0;; ++nth) {
            int calls = 0;
            std::string name;
            const FaultScope fault([&](const char* call) {
                if (calls++ != nth) return 0;
                name = call;
                return error;
            });
            const Status written = writeFileAtomically(path, "new contents");
            if (name.empty()) {
                EXPECT_TRUE(written);
                break;
            }
            failed.push_back(name);
            ASSERT_FALSE(written) << name;
            EXPECT_EQ(written.error().code, error == ENOSPC ? ErrorCode::NoSpace : ErrorCode::Io);
            EXPECT_NE(written.error().message.find(folder.path().string()), std::string::npos);
            EXPECT_EQ(namesIn(folder.path()), std::set<std::string>{"state"}) << name;
            // The folder is flushed behind the rename: by then the new file stands, whole.
            const bool renamed = failed.size() == 5;
            EXPECT_EQ(readBytes(path), renamed ? "new contents" : "old") << name;
        }
        EXPECT_EQ(failed, (std::vector<std::string>{"open", "write", "fsync", "rename", "fsync"}));
        EXPECT_EQ(readBytes(path), "new contents");
        folder.write("state", "old");
    }
}

TEST(AtomicFile, FollowsNoLink) {
    const TemporaryFolder folder;
    const auto mine = folder.write("mine", "precious");
    std::filesystem::create_symlink(mine, folder / "report");
    std::filesystem::create_symlink(mine, folder / "report.tmp");
    std::filesystem::create_symlink(mine, folder / "report.0123456789abcdef.tmp");
    ASSERT_TRUE(writeFileAtomically(folder / "report", "new"));
    EXPECT_EQ(readBytes(mine), "precious");
    EXPECT_EQ(readBytes(folder / "report"), "new");
    EXPECT_FALSE(std::filesystem::is_symlink(folder / "report"));
}

TEST(AtomicFile, WritersOfOneNameDoNotMeet) {
    const TemporaryFolder folder;
    auto first = AtomicFile::create(folder / "a"), second = AtomicFile::create(folder / "a");
    ASSERT_TRUE(first && second);
    ASSERT_TRUE(first->write("first") && second->write("second"));
    ASSERT_TRUE(first->commit());
    EXPECT_EQ(readBytes(folder / "a"), "first");
    ASSERT_TRUE(second->commit());
    EXPECT_EQ(readBytes(folder / "a"), "second");
    EXPECT_EQ(namesIn(folder.path()), std::set<std::string>{"a"});
}

TEST(AtomicFile, ClearsWhatKilledWritersLeftAndNothingElse) {
    const TemporaryFolder folder;
    const std::set<std::string> others{"a.tmp", "a.b.0123456789abcdef.tmp",
                                       "a.0123456789abcdeX.tmp", "b.0123456789abcdef.tmp"};
    for (const std::string& name : others) folder.write(name, "x");
    folder.write("a.0123456789abcdef.tmp", "left by a process that was killed");
    ASSERT_TRUE(writeFileAtomically(folder / "a", "x"));
    std::set<std::string> expected = others;
    expected.insert("a");
    EXPECT_EQ(namesIn(folder.path()), expected);
}

TEST(AtomicFile, SaysWhatToDo) {
    const TemporaryFolder folder;
    const FaultScope fault(
        [](const char* call) { return std::string(call) == "write" ? ENOSPC : 0; });
    EXPECT_NE(writeFileAtomically(folder / "a", "x").error().message.find("free some space"),
              std::string::npos);
    EXPECT_EQ(writeFileAtomically(folder / "no" / "folder", "x").error().code, ErrorCode::NotFound);
}

TEST(System, ReportsMemoryAndDisk) {
    const TemporaryFolder folder;
    EXPECT_GT(freeDiskBytes(folder.path()), 0u);
    EXPECT_EQ(freeDiskBytes(folder / "not" / "yet") > 0, freeDiskBytes(folder.path()) > 0);
    EXPECT_GT(availableMemoryBytes(), 1u << 20);
    EXPECT_GT(recentPeakMemoryBytes(), 1u << 20);
}

TEST(Folders, AreMadeWithAllThatLeadToThem) {
    const TemporaryFolder folder;
    ASSERT_TRUE(createFolders(folder / "a/b/c"));
    EXPECT_TRUE(std::filesystem::is_directory(folder / "a/b/c"));
    EXPECT_TRUE(createFolders(folder / "a/b/c")) << "already there";
    int flushed = 0;
    {
        const FaultScope fault([&](const char* call) {
            flushed += std::string(call) == "fsync";
            return 0;
        });
        ASSERT_TRUE(createFolders(folder / "a/d/e/f"));
    }
    EXPECT_EQ(flushed, 3) << "the folders that hold the new d, e and f";
    {
        const FaultScope fault([](const char*) { return EIO; });
        EXPECT_EQ(createFolders(folder / "a/g/h").error().code, ErrorCode::Io);
    }
    EXPECT_FALSE(std::filesystem::exists(folder / "a/g"));
    const auto file = folder.write("file", "x");
    const Status blocked = createFolders(file / "below");
    ASSERT_FALSE(blocked);
    EXPECT_NE(blocked.error().message.find(file.string()), std::string::npos);
}

}  // namespace
}  // namespace skd
