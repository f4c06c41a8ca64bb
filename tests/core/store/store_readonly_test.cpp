#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "core/store/raw_database.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

using test::TemporaryFolder;

constexpr uid_t kNobody = 65534;

/// Runs `body` in a process without the superuser's rights, for which permissions are just words.
/// `body` returns "" when all is well; the text comes back.
std::string asOrdinaryUser(const std::function<std::string()>& body) {
    int ends[2];
    if (::pipe(ends) != 0) return "no pipe";
    const pid_t child = ::fork();
    if (child == 0) {
        std::string answer = "cannot change user";
        if (::geteuid() != 0 || (::setgid(kNobody) == 0 && ::setuid(kNobody) == 0)) answer = body();
        const ssize_t written = ::write(ends[1], answer.data(), answer.size());
        ::_exit(written < 0 ? 1 : 0);
    }
    ::close(ends[1]);
    std::string answer;
    char buffer[4096];
    for (ssize_t size; (size = ::read(ends[0], buffer, sizeof buffer)) > 0;)
        answer.append(buffer, static_cast<std::size_t>(size));
    ::close(ends[0]);
    int status = 1;
    ::waitpid(child, &status, 0);
    return status == 0 ? answer : "the process failed: " + answer;
}

/// A workspace with one run and a metric, closed.
void fill(const std::filesystem::path& file) {
    const auto writer = std::move(*RunWriter::open(file));
    const RunId run = *writer->createRun("a", Json::object(), "");
    writer->appendMetrics(run, {{"kd.loss", 0, 1.5}});
    ASSERT_TRUE(writer->markStatus(run, RunStatus::Completed, "", {}));
}

std::string readBack(const std::filesystem::path& file) {
    const auto store = RunStore::open(file);
    if (!store) return store.error().message;
    const auto series = (*store)->series(RunId(1), "kd.loss");
    if (!series) return series.error().message;
    return series->values == std::vector<double>{1.5} ? "" : "other values";
}

void setMode(const std::filesystem::path& path, mode_t mode) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
}

TEST(StoreReadOnly, OpensWithoutAWriter) {
    const TemporaryFolder folder;
    fill(folder / "w");
    EXPECT_FALSE(std::filesystem::exists(folder / "w-wal"));
    EXPECT_EQ(readBack(folder / "w"), "");
}

TEST(StoreReadOnly, OpensInAReadOnlyFolder) {
    const TemporaryFolder folder;
    fill(folder / "w ?#%41");  // a name that means something in a URI
    setMode(folder / "w ?#%41", 0444);
    setMode(folder.path(), 0555);
    EXPECT_EQ(asOrdinaryUser([&] { return readBack(folder / "w ?#%41"); }), "");
    EXPECT_EQ(asOrdinaryUser([&] { return readBack("//" + (folder / "w ?#%41").string()); }), "")
        << "slashes at the begin of a path are no host";
}

TEST(StoreReadOnly, OpensBesideAWriterOfAnotherUser) {
    const TemporaryFolder folder;
    fill(folder / "w");
    const auto writer = std::move(*RunWriter::open(folder / "w"));
    ASSERT_TRUE(writer->apply(RenameRun{RunId(1), "b"}));  // so that the WAL holds something
    setMode(folder.path(), 0555);
    EXPECT_EQ(asOrdinaryUser([&] { return readBack(folder / "w"); }), "");
    setMode(folder.path(), 0755);
}

TEST(StoreReadOnly, SaysWhenChangesWaitBesideAReadOnlyFile) {
    const TemporaryFolder folder, copy;
    fill(folder / "w");
    {
        const auto writer = std::move(*RunWriter::open(folder / "w"));
        ASSERT_TRUE(writer->apply(RenameRun{RunId(1), "b"}));
        std::filesystem::copy_file(folder / "w", copy / "w");
        std::filesystem::copy_file(folder / "w-wal", copy / "w-wal");
    }
    setMode(copy.path(), 0555);
    const std::string message = asOrdinaryUser([&] { return readBack(copy / "w"); });
    EXPECT_NE(message.find("w-wal and its folder is read-only"), std::string::npos) << message;
    setMode(copy.path(), 0755);
    EXPECT_EQ(readBack(copy / "w"), "")
        << "where the folder can be written, the changes are merged";
}

TEST(StoreReadOnly, WritersAreToldWhatIsMissing) {
    const TemporaryFolder folder;
    setMode(folder.path(), 0555);
    const std::string message = asOrdinaryUser([&]() -> std::string {
        const auto writer = RunWriter::open(folder / "w");
        return writer ? "opened" : writer.error().message;
    });
    EXPECT_NE(message.find("check the permissions or choose another folder"), std::string::npos)
        << message;
}

TEST(StoreReadOnly, ReadersDoNotMergeWhatACrashLeft) {
    const TemporaryFolder folder, copy;
    fill(folder / "w");
    {
        const auto writer = std::move(*RunWriter::open(folder / "w"));
        ASSERT_TRUE(writer->apply(RenameRun{RunId(1), "b"}));
        std::filesystem::copy_file(folder / "w", copy / "w");
        std::filesystem::copy_file(folder / "w-wal", copy / "w-wal");
    }
    const std::string before = test::readBytes(copy / "w");
    EXPECT_EQ((*RunStore::open(copy / "w"))->details(RunId(1))->row.name, "b");
    EXPECT_EQ(test::readBytes(copy / "w"), before);
    EXPECT_GT(std::filesystem::file_size(copy / "w-wal"), 0u);
}

TEST(StoreReadOnly, ReadersLeaveNoChanges) {
    const TemporaryFolder folder;
    const auto writer = std::move(*RunWriter::open(folder / "w"));
    const RunId run = *writer->createRun("a", Json::object(), "");
    const auto walBefore = std::filesystem::file_size(folder / "w-wal");
    const auto mainBefore = test::readBytes(folder / "w");
    {
        const auto store = std::move(*RunStore::open(folder / "w"));
        EXPECT_EQ(store->details(run)->row.name, "a");
    }
    EXPECT_EQ(std::filesystem::file_size(folder / "w-wal"), walBefore);
    EXPECT_EQ(test::readBytes(folder / "w"), mainBefore) << "only the writer checkpoints";
}

}  // namespace

/// What a process leaves that is killed in the middle of a transaction before the file is in WAL
/// mode: pages of it in the file, and the journal that takes them back.
TEST(StoreReadOnly, AHalfWrittenTransactionIsTakenBack) {
    const TemporaryFolder folder;
    const auto file = folder / "w.sqlite", killed = folder / "killed.sqlite";
    fill(file);
    const std::string rows =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
        "INSERT INTO views(position, name, page, document, created_ms) "
        "SELECT i, hex(zeroblob(100)), 'p', '{}', 0 FROM n";
    test::RawDatabase raw(file);
    raw("PRAGMA journal_mode = DELETE; PRAGMA cache_size = 5; BEGIN IMMEDIATE; UPDATE metric_names "
        "SET name = 'other'; " +
        rows);
    std::filesystem::copy_file(file, killed);
    std::filesystem::copy_file(file.string() + "-journal", killed.string() + "-journal");
    raw("ROLLBACK");
    EXPECT_GT(std::filesystem::file_size(killed), std::filesystem::file_size(file))
        << "it has to have reached the file";
    EXPECT_EQ(readBack(killed), "");
    EXPECT_FALSE(std::filesystem::exists(killed.string() + "-journal"));
}

}  // namespace skd
