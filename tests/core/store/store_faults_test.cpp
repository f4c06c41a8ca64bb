#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/text.h"
#include "core/store/raw_database.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "support/fatal_log.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

using test::RawDatabase;
using test::TemporaryFolder;

std::atomic<int> writesLeft = -1;  ///< writes that still succeed; negative: all do
std::atomic<int> faultError = ENOSPC;
std::atomic<int> writesSeen = 0;

ssize_t faultyPwrite(int descriptor, const void* data, size_t size, off_t offset) {
    ++writesSeen;
    int left = writesLeft;
    while (left > 0 && !writesLeft.compare_exchange_weak(left, left - 1)) {
    }
    if (left == 0) {
        errno = faultError;
        return -1;
    }
    return ::pwrite(descriptor, data, size, offset);
}

/// SQLite's own writing, in the whole process, through faultyPwrite.
class FaultyDisk {
public:
    FaultyDisk() { replace(reinterpret_cast<sqlite3_syscall_ptr>(&faultyPwrite)); }
    ~FaultyDisk() {
        writesLeft = -1;
        replace(nullptr);
    }
    /// From the nth write on, the disk fails with `error`.
    static void failFrom(int nth, int error = ENOSPC) {
        faultError = error;
        writesSeen = 0;
        writesLeft = nth;
    }
    /// True when a write has failed since failFrom; the disk works again.
    static bool recover(int nth) {
        writesLeft = -1;
        return writesSeen > nth;
    }

private:
    static void replace(sqlite3_syscall_ptr call) {
        sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
        for (const char* name : {"pwrite", "pwrite64"}) vfs->xSetSystemCall(vfs, name, call);
    }
};

/// What a run writes; the first error ends it. Counts the metrics it has handed over.
Status writeARun(RunWriter& writer, std::size_t& appended) {
    SKD_TRY(const RunId run, writer.createRun("a", Json::object(), ""));
    SKD_CHECK(writer.markStarted(run, Json{{"device", "cpu"}}));
    for (std::int64_t step = 0; step < 300; step += 100) {
        std::vector<MetricRow> rows;
        for (std::int64_t i = 0; i < 100; ++i) rows.push_back({"kd.loss", step + i, 1.0});
        writer.appendMetrics(run, std::move(rows));
        appended += 100;
        SKD_CHECK(writer.flush());
    }
    SKD_CHECK(writer.saveRanks(run, {{"m", 16}}));
    SKD_CHECK(writer.appendEvent(run, "log", Json{{"text", std::string(20'000, 'x')}}));
    return writer.markStatus(run, RunStatus::Completed, "", {});
}

TEST(StoreFaults, AFullDiskIsReportedAndNothingIsLost) {
    const FaultyDisk disk;
    int nth = 0;
    for (;; ++nth) {
        const TemporaryFolder folder;
        const auto file = folder / "w";
        auto writer = std::move(*RunWriter::open(file));
        std::size_t appended = 0;
        FaultyDisk::failFrom(nth);
        const Status status = writeARun(*writer, appended);
        const bool failed = FaultyDisk::recover(nth);
        EXPECT_EQ(status.has_value(), !failed) << nth;
        if (!status) {
            EXPECT_EQ(status.error().code, ErrorCode::NoSpace) << status.error().message;
            EXPECT_NE(status.error().message.find(file.string()), std::string::npos);
            EXPECT_NE(status.error().message.find("free some space"), std::string::npos);
        }
        // With space again the same writer goes on, metrics that were refused included.
        const RunId next = *writer->createRun("next", Json::object(), "");
        ASSERT_TRUE(writer->flush());
        writer.reset();
        EXPECT_EQ(RawDatabase{file}("PRAGMA integrity_check"), "ok") << nth;
        const auto store = std::move(*RunStore::open(file));
        EXPECT_EQ(store->details(next)->row.name, "next");
        EXPECT_EQ(store->series(RunId(1), "kd.loss")->steps.size(), appended) << nth;
        if (!failed) break;
    }
    EXPECT_GT(nth, 15) << "the writes of every step were reached";
}

TEST(StoreFaults, CreationFailsCleanlyAtEveryWrite) {
    const FaultyDisk disk;
    int nth = 0;
    for (;; ++nth) {
        const TemporaryFolder folder;
        FaultyDisk::failFrom(nth);
        auto writer = RunWriter::open(folder / "w");
        const bool failed = FaultyDisk::recover(nth);
        if (writer) {
            EXPECT_FALSE(failed) << nth;
            break;
        }
        EXPECT_TRUE(writer.error().code == ErrorCode::NoSpace ||
                    writer.error().code == ErrorCode::Io)
            << writer.error().message;
        ASSERT_TRUE(RunWriter::open(folder / "w")) << "a second try succeeds";
    }
    EXPECT_GT(nth, 5);
}

TEST(StoreFaults, MetricsThatCannotBeSavedAtTheEndAreReported) {
    const FaultyDisk disk;
    const TemporaryFolder folder;
    auto writer = std::move(*RunWriter::open(folder / "w"));
    const RunId run = *writer->createRun("a", Json::object(), "");
    FaultyDisk::failFrom(0);
    writer->appendMetrics(run, {{"kd.loss", 0, 1.0}, {"kd.loss", 1, 1.0}});
    EXPECT_EQ(writer->flush().error().code, ErrorCode::NoSpace);
    const test::ExpectErrorLog expected("2 metric values were lost: cannot write metrics to");
    writer.reset();
    EXPECT_TRUE(FaultyDisk::recover(0));
}

TEST(StoreFaults, ABrokenDiskIsAnInputOutputError) {
    const FaultyDisk disk;
    const TemporaryFolder folder;
    const auto writer = std::move(*RunWriter::open(folder / "w"));
    FaultyDisk::failFrom(0, EIO);
    const auto run = writer->createRun("a", Json::object(), "");
    EXPECT_TRUE(FaultyDisk::recover(0));
    ASSERT_FALSE(run);
    EXPECT_EQ(run.error().code, ErrorCode::Io);
}

}  // namespace
}  // namespace skd
