#include "store/workspace_lock.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "store/run_writer.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

/// The error code of opening a workspace for writing in another process; 0 where that succeeds.
int codeElsewhere(const fs::path& file) {
    const pid_t child = ::fork();
    if (child == 0) {
        int code = 0;
        if (const auto writer = RunWriter::open(file); !writer)
            code = 1 + static_cast<int>(writer.error().code);
        ::_exit(code);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/// Lock files that a workspace has below the folders of this user.
std::vector<fs::path> inodeLocks(const fs::path& file) {
    struct stat info {};
    EXPECT_EQ(::stat(file.c_str(), &info), 0);
    std::vector<fs::path> found;
    for (const char* shared : {"/tmp", "/dev/shm"}) {
        const fs::path path = fs::path(shared) / strCat("sparsekd-", ::geteuid()) /
                              strCat(info.st_dev, "-", info.st_ino, ".lock");
        if (fs::exists(path)) found.push_back(path);
    }
    return found;
}

/// A workspace that has a name by each way a file can have another one.
class OneWorkspaceManyNames : public testing::Test {
protected:
    void SetUp() override {
        fs::create_directory(m_folder / "real");
        { ASSERT_TRUE(RunWriter::open(m_file)); }
        fs::create_symlink(m_file, m_folder / "link");
        fs::create_directory_symlink(m_folder / "real", m_folder / "folder");
        fs::create_hard_link(m_file, m_folder / "hard");
        fs::create_directory(m_folder / "elsewhere");
        fs::create_hard_link(m_file, m_folder / "elsewhere/w.sqlite");
    }

    const test::TemporaryFolder m_folder;
    const fs::path m_file = m_folder / "real/w.sqlite";
    const std::vector<fs::path> m_names{m_file, m_folder / "link", m_folder / "folder/w.sqlite",
                                        m_folder / "hard", m_folder / "elsewhere/w.sqlite"};
};

TEST_F(OneWorkspaceManyNames, HasOneWriter) {
    for (const fs::path& owner : m_names) {
        const auto writer = RunWriter::open(owner);
        ASSERT_TRUE(writer) << owner << ": " << writer.error().message;
        for (const fs::path& other : m_names) {
            EXPECT_EQ(codeElsewhere(other), 1 + static_cast<int>(ErrorCode::Busy))
                << owner << " is open, so is " << other;
            const Error here = RunWriter::open(other).error();
            EXPECT_EQ(here.code, ErrorCode::Busy);
            EXPECT_NE(here.message.find(strCat("process ", ::getpid())), std::string::npos)
                << here.message;
            EXPECT_TRUE(isWorkspaceOwned(other));
        }
    }
    for (const fs::path& name : m_names) {
        EXPECT_FALSE(isWorkspaceOwned(name));
        EXPECT_EQ(codeElsewhere(name), 0) << name;
    }
}

TEST_F(OneWorkspaceManyNames, KeepsItsWriterWhenTheLockFileIsRemoved) {
    const auto writer = RunWriter::open(m_file);
    ASSERT_TRUE(writer);
    ASSERT_TRUE(fs::remove(m_file.string() + ".lock"));
    EXPECT_EQ(codeElsewhere(m_file), 1 + static_cast<int>(ErrorCode::Busy));
    EXPECT_TRUE(isWorkspaceOwned(m_file));
}

TEST_F(OneWorkspaceManyNames, KeepsItsWriterWhenOneOfTheUsersFoldersIsCleared) {
    const auto writer = RunWriter::open(m_file);
    ASSERT_TRUE(writer);
    const std::vector<fs::path> locks = inodeLocks(m_file);
    ASSERT_EQ(locks.size(), 2u) << "this machine has no /tmp or no /dev/shm to write to";
    ASSERT_TRUE(fs::remove(locks[0]));
    EXPECT_EQ(codeElsewhere(m_folder / "hard"), 1 + static_cast<int>(ErrorCode::Busy));
}

TEST_F(OneWorkspaceManyNames, LeavesNoLockFileOfItsInode) {
    {
        const auto writer = RunWriter::open(m_folder / "hard");
        ASSERT_TRUE(writer);
        EXPECT_FALSE(inodeLocks(m_file).empty());
    }
    EXPECT_TRUE(inodeLocks(m_file).empty());
}

TEST(WorkspaceLockFile, TwoWorkspacesOfOneFolderAreTwo) {
    const test::TemporaryFolder folder;
    const auto first = RunWriter::open(folder / "a"), second = RunWriter::open(folder / "b");
    EXPECT_TRUE(first);
    EXPECT_TRUE(second);
}

}  // namespace
}  // namespace skd
