#include <gtest/gtest.h>

#include <array>

#include "base/files.h"
#include "base/text.h"
#include "core/store/raw_database.h"
#include "store/migrations.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

using test::RawDatabase;
using test::TemporaryFolder;

const std::array kChain{
    Migration{1, "notes",
              "CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT); INSERT INTO notes(text) "
              "VALUES('first')"},
    Migration{2, "stars", "ALTER TABLE notes ADD COLUMN stars INTEGER NOT NULL DEFAULT 3"},
    Migration{3, "upper case", "UPDATE notes SET text = upper(text)"},
};
std::span<const Migration> upTo(std::size_t version) {
    return std::span(kChain).first(version);
}

TEST(StoreMigration, RunsTheWholeChainOnANewFile) {
    const TemporaryFolder folder;
    const auto file = folder / "w";
    ASSERT_TRUE(migrateFile(file, upTo(3)));
    RawDatabase raw(file);
    EXPECT_EQ(raw("SELECT text, stars FROM notes"), "FIRST,3");
    EXPECT_EQ(raw("PRAGMA user_version"), "3");
    EXPECT_FALSE(std::filesystem::exists(file.string() + ".v1.backup")) << "nothing to back up";
    EXPECT_TRUE(migrateFile(file, upTo(3))) << "and is content with a file that is up to date";
}

TEST(StoreMigration, BringsAnOlderFileUpToDateAndKeepsACopy) {
    const TemporaryFolder folder;
    const auto file = folder / "w";
    ASSERT_TRUE(migrateFile(file, upTo(1)));
    RawDatabase{file}("PRAGMA journal_mode = WAL; INSERT INTO notes(text) VALUES('second')");
    ASSERT_TRUE(migrateFile(file, upTo(3)));
    EXPECT_EQ(RawDatabase{file}("SELECT text, stars FROM notes"), "FIRST,3,SECOND,3");
    RawDatabase backup(file.string() + ".v1.backup");
    EXPECT_EQ(backup("SELECT text FROM notes"), "first,second");
    EXPECT_EQ(backup("PRAGMA user_version"), "1");
    EXPECT_EQ(backup("PRAGMA integrity_check"), "ok");
}

TEST(StoreMigration, AStepThatFailsChangesNothing) {
    const TemporaryFolder folder;
    const auto file = folder / "w";
    ASSERT_TRUE(migrateFile(file, upTo(1)));
    const std::array broken{
        kChain[0], kChain[1],
        Migration{3, "broken step", "DELETE FROM notes; INSERT INTO nowhere VALUES(1)"}};
    const Status status = migrateFile(file, broken);
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().message.find("schema 3 (broken step)"), std::string::npos)
        << status.error().message;
    RawDatabase raw(file);
    EXPECT_EQ(raw("PRAGMA user_version"), "2");
    EXPECT_EQ(raw("SELECT text, stars FROM notes"), "first,3");
}

TEST(StoreMigration, RefusesANewerFile) {
    const TemporaryFolder folder;
    const auto file = folder / "w";
    ASSERT_TRUE(migrateFile(file, upTo(3)));
    EXPECT_EQ(migrateFile(file, upTo(2)).error().code, ErrorCode::Newer);
    ASSERT_TRUE(RunWriter::open(folder / "real"));
    RawDatabase{folder / "real"}("PRAGMA user_version = 99");
    for (const Error& error :
         {RunWriter::open(folder / "real").error(), RunStore::open(folder / "real").error()}) {
        EXPECT_EQ(error.code, ErrorCode::Newer);
        EXPECT_NE(error.message.find("schema 99"), std::string::npos);
        EXPECT_NE(error.message.find("update the program"), std::string::npos);
    }
}

TEST(StoreMigration, RefusesForeignFilesAndLeavesThemAlone) {
    const TemporaryFolder folder;
    folder.write("text", std::string(5000, 'x'));
    folder.write("short", "SQLite");
    RawDatabase{folder / "other"}("CREATE TABLE bookmarks(url TEXT)");
    RawDatabase{folder / "foreign"}("PRAGMA application_id = 5; CREATE TABLE t(x)");
    for (const char* name : {"text", "short", "other", "foreign"}) {
        const std::string before = test::readBytes(folder / name);
        for (const Error& error :
             {RunWriter::open(folder / name).error(), RunStore::open(folder / name).error()}) {
            EXPECT_EQ(error.code, ErrorCode::Corrupt) << name;
            EXPECT_NE(error.message.find((folder / name).string()), std::string::npos)
                << error.message;
            EXPECT_NE(error.message.find("choose"), std::string::npos) << error.message;
        }
        EXPECT_EQ(test::readBytes(folder / name), before) << name;
    }
    EXPECT_EQ(RunStore::open(folder / "missing").error().code, ErrorCode::NotFound);
    EXPECT_EQ(RunStore::open(folder.path()).error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(RunWriter::open(folder.path()).error().code, ErrorCode::InvalidInput);
    EXPECT_FALSE(std::filesystem::exists(folder.path().string() + ".lock"));
}

TEST(StoreMigration, DamagedPagesAreCorrupt) {
    const TemporaryFolder folder;
    const auto file = folder / "w";
    {
        const auto writer = std::move(*RunWriter::open(file));
        for (int i = 0; i < 200; ++i)
            ASSERT_TRUE(writer->createRun(std::string(500, 'x'), Json::object(), ""));
    }
    std::string bytes = test::readBytes(file);
    for (std::size_t i = 4096; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7);
    folder.write("w", bytes);
    const auto store = RunStore::open(file);
    if (store) {
        EXPECT_EQ((*store)->runs().error().code, ErrorCode::Corrupt);
    } else {
        EXPECT_EQ(store.error().code, ErrorCode::Corrupt);
    }
    EXPECT_EQ(RunWriter::open(file).error().code, ErrorCode::Corrupt);
}

/// A workspace as a version wrote it: `sqlite3 FILE .dump`, with the header's numbers.
std::filesystem::path stored(const TemporaryFolder& folder, std::size_t version) {
    const std::string name = strCat("v", version);
    const auto file = folder / name;
    const std::string sql =
        *readFile(std::filesystem::path(SKD_FIXTURES) / "workspace" / (name + ".sql"));
    RawDatabase raw(file);
    raw(sql);
    return file;
}

TEST(StoreMigration, OpensAStoredFileOfVersion1) {
    const TemporaryFolder folder;
    const auto file = stored(folder, 1);
    ASSERT_TRUE(RunWriter::open(file));
    const auto store = RunStore::open(file);
    ASSERT_TRUE(store) << store.error().message;
    const auto rows = (*store)->runs();
    ASSERT_EQ(rows->size(), 2u);
    EXPECT_EQ((*rows)[1].name, "svd-whitened 15 % · seed 42");
    EXPECT_EQ((*rows)[1].status, RunStatus::Completed);
    EXPECT_EQ((*rows)[1].densePpl, 35.97);
    EXPECT_EQ((*rows)[0].status, RunStatus::Interrupted) << "left as running";
    const RunId run = (*rows)[1].id;
    EXPECT_EQ((*store)->series(run, "kd.loss")->values, (std::vector<double>{3.5, 3.25, 3.0}));
    EXPECT_EQ((*store)->ranks(run)->size(), 2u);
    EXPECT_EQ((*store)->events(run)->size(), 1u);
    const auto analysis = (*store)->analysis(run);
    ASSERT_TRUE(analysis) << analysis.error().message;
    EXPECT_EQ((*analysis)->model.name, "tiny");
    EXPECT_EQ((*analysis)->matrices.at(0).plain, (std::vector<double>{4, 2, 1, 0.5}));
}

TEST(StoreMigration, OpensAStoredFileOfVersion2) {
    const TemporaryFolder folder;
    const auto file = stored(folder, 2);
    const auto before = RunStore::open(file);
    ASSERT_TRUE(before) << before.error().message;
    EXPECT_TRUE((*before)->runs()->at(1).tags.empty()) << "read as it is";
    EXPECT_TRUE((*before)->views()->empty());
    const auto writer = RunWriter::open(file);
    ASSERT_TRUE(writer) << writer.error().message;
    ASSERT_TRUE((*writer)->apply(SetTags{RunId(1), {"paper"}}));
    const auto store = RunStore::open(file);
    const RunRow run = (*store)->details(RunId(1))->row;
    EXPECT_EQ(run.tags, std::vector<std::string>{"paper"});
    EXPECT_EQ(run.variant, "SparseKD");
    EXPECT_EQ(run.parentStep, 40);
    EXPECT_EQ((*store)->studies()->at(0).name, "table-iii");
}

TEST(StoreMigration, OpensAStoredFileOfVersion3) {
    const TemporaryFolder folder;
    const auto file = stored(folder, 3);
    ASSERT_TRUE(RunWriter::open(file));
    const auto store = std::move(*RunStore::open(file));
    EXPECT_EQ(store->details(RunId(1))->row.color, "#336699");
    EXPECT_EQ(store->annotations(RunId(1))->at(0).text, "a bend");
    EXPECT_EQ(store->measurements("profile")->at(0).title, "tiny");
    EXPECT_EQ(store->views()->at(0).page, "carve");
    EXPECT_TRUE(std::filesystem::exists(file.string() + ".v3.backup"));
}

class ReleasedSchema : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Versions, ReleasedSchema, testing::Values(1, 2, 3));

TEST_P(ReleasedSchema, StaysAsItWasReleased) {
    const TemporaryFolder folder;
    const auto file = stored(folder, GetParam());
    ASSERT_TRUE(migrateFile(folder / "new", schemaMigrations().first(GetParam())));
    const char* schema =
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY "
        "name";
    EXPECT_EQ(RawDatabase{file}(schema), RawDatabase{folder / "new"}(schema));
}

}  // namespace
}  // namespace skd
