#include <gtest/gtest.h>

#include "base/files.h"
#include "cli/cli_runner.h"
#include "store/run_store.h"
#include "store/run_writer.h"

namespace skd::test {
namespace {

CliResult views(const TemporaryFolder& folder, const std::string& workspace,
                std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "views");
    arguments.insert(arguments.end(), {"--workspace", (folder / workspace).string(), "--json"});
    return runCli(arguments, folder.path());
}

/// Two views as a window saves them.
void saveTwo(const TemporaryFolder& folder) {
    const auto writer = RunWriter::open(folder / "w.sqlite");
    ASSERT_TRUE(writer) << writer.error().message;
    for (const char* name : {"first", "second"}) {
        ViewRow view;
        view.name = name;
        view.page = "recover";
        view.position = name[0] == 'f' ? 0 : 1;
        view.document = {{"runs", {1, 2}}, {"state", {{"recover.scale", 1}}}, {"replay", 60.5}};
        ASSERT_TRUE((*writer)->apply(SaveView{view}));
    }
}

TEST(CliViews, WhatOneWorkspaceListsAnotherTakes) {
    const TemporaryFolder folder;
    saveTwo(folder);
    const CliResult listed = views(folder, "w.sqlite", {"list"});
    ASSERT_EQ(listed.exitCode, 0) << listed.err;
    const std::string file = folder.write("views.json", listed.out);
    ASSERT_EQ(views(folder, "other.sqlite", {"add", file}).exitCode, 0);
    const CliResult twice = views(folder, "other.sqlite", {"add", file});
    ASSERT_EQ(twice.exitCode, 0) << twice.err;
    ASSERT_EQ(twice.json()["views"].size(), 2u) << "those that were added";
    EXPECT_EQ(twice.json()["views"][1]["view_id"], 4);

    const auto from = RunStore::open(folder / "w.sqlite"),
               to = RunStore::open(folder / "other.sqlite");
    ASSERT_TRUE(from && to);
    const auto saved = (*from)->views(), taken = (*to)->views();
    ASSERT_TRUE(saved && taken);
    ASSERT_EQ(taken->size(), 4u);
    for (std::size_t i = 0; i < taken->size(); ++i) {
        EXPECT_EQ((*taken)[i].name, (*saved)[i % 2].name) << i;
        EXPECT_EQ((*taken)[i].page, "recover");
        EXPECT_EQ((*taken)[i].position, static_cast<std::int64_t>(i));
        EXPECT_EQ(dumpJson((*taken)[i].document), dumpJson((*saved)[i % 2].document));
    }
    ASSERT_EQ(views(folder, "other.sqlite", {"delete", "3"}).exitCode, 0);
    const Json left = views(folder, "other.sqlite", {"list"}).json();
    ASSERT_EQ(left["views"].size(), 3u);
    EXPECT_EQ(left["views"][2]["view_id"], 4);
    EXPECT_NE(views(folder, "other.sqlite", {"delete", "3"}).exitCode, 0) << "it is gone";
}

TEST(CliViews, AFileWithAMistakeAddsNothing) {
    const TemporaryFolder folder;
    saveTwo(folder);
    const std::pair<const char*, const char*> wrong[]{
        {R"({"views": {}})", "no list"},
        {R"([1])", "no list"},
        {R"({"views": [{"name": "a", "page": "talk", "document": {}},
                       {"name": "b", "page": "talk"}]})",
         "\"views\".1"},
        {R"({"views": [{"name": "", "page": "talk", "document": {}}]})", "\"views\".0"},
        {R"({"views": [{"name": 1, "page": "talk", "document": {}}]})", "\"views\".0"},
        {R"({"views": [7]})", "\"views\".0"}};
    for (const auto& [text, problem] : wrong) {
        const std::string file = folder.write("views.json", text);
        const CliResult result = views(folder, "w.sqlite", {"add", file});
        EXPECT_EQ(result.exitCode, 2) << text;
        EXPECT_NE((result.out + result.err).find(problem), std::string::npos)
            << text << ": " << result.err;
    }
    EXPECT_EQ(views(folder, "w.sqlite", {"list"}).json()["views"].size(), 2u);
}

}  // namespace
}  // namespace skd::test
