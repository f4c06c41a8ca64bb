// Every action of the window has a command, or is about the window itself: the table of the help
// page is held to the window's sources on one side and to the program on the other.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "base/files.h"
#include "base/text.h"
#include "cli/cli_runner.h"

namespace skd::test {
namespace {

const std::filesystem::path kSource = SKD_SOURCE_DIR;

/// "a; b" -> a, b.
std::vector<std::string> itemsOf(std::string_view cell) {
    std::vector<std::string> items;
    while (!cell.empty()) {
        const std::size_t end = std::min(cell.find(';'), cell.size());
        items.emplace_back(trimmed(cell.substr(0, end)));
        cell.remove_prefix(std::min(end + 1, cell.size()));
    }
    return items;
}

/// Commands by action, as the help page lists them; "–" for what is about the window.
std::map<std::string, std::string> listedActions() {
    const std::string page =
        readFile(kSource / "resources" / "help" / "command-line.md").value_or("");
    const std::size_t begin = page.find("## What the window does");
    if (begin == std::string::npos) return {};
    const std::string part = page.substr(begin, page.find("\n## ", begin + 3) - begin);
    static const std::regex kRow(R"(^\| ([^|]+) \| `?([^|`]+)`? \| [^|]*\|$)");
    std::map<std::string, std::string> listed;
    for (const std::string_view line : splitLines(part)) {
        const std::string text(line);
        std::smatch row;
        if (!std::regex_match(text, row, kRow) || row[1] == "in the window") continue;
        for (std::string& action : itemsOf(row[1].str())) listed[action] = row[2];
    }
    return listed;
}

/// Texts of menu entries, buttons and palette entries below widgets/.
std::set<std::string> windowActions() {
    static const std::regex kAction(R"re((makeButton\(|addAction\(|\{)\s*tr\("([^"]+)"\))re");
    std::set<std::string> actions;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(kSource / "widgets")) {
        if (entry.path().extension() != ".cpp") continue;
        const std::string text = readFile(entry.path()).value_or("");
        // Lists in braces are actions in the window's menus alone; elsewhere they are columns.
        const bool menus = entry.path().filename() == "window_actions.cpp";
        for (std::sregex_iterator at(text.begin(), text.end(), kAction), end; at != end; ++at)
            if ((*at)[1] != "{" || menus) actions.insert((*at)[2].str());
    }
    return actions;
}

TEST(CliWindow, EveryActionOfTheWindowIsListed) {
    const std::map<std::string, std::string> listed = listedActions();
    const std::set<std::string> actions = windowActions();
    ASSERT_GT(actions.size(), 40u) << "the window's sources are read no more";
    for (const std::string& action : actions)
        EXPECT_TRUE(listed.contains(action))
            << "\"" << action << "\" is not in the table of resources/help/command-line.md";
    for (const auto& [action, command] : listed)
        EXPECT_TRUE(actions.contains(action)) << "the window has no \"" << action << "\" any more";
}

TEST(CliWindow, EveryCommandOfTheListExists) {
    const TemporaryFolder folder;
    std::set<std::string> commands;
    for (const auto& [action, command] : listedActions())
        if (command != "–") commands.insert(command);
    ASSERT_GT(commands.size(), 15u);
    for (const std::string& command : commands) {
        std::vector<std::string> words;
        std::istringstream stream(command);
        for (std::string word; stream >> word;) words.push_back(word);
        ASSERT_EQ(words.front(), "sparsekd") << command;
        words.erase(words.begin());
        words.emplace_back("--help");
        const CliResult help = runCli(words, folder.path());
        EXPECT_EQ(help.exitCode, 0) << command << ": " << help.err;
        EXPECT_NE(help.out.find(words[words.size() - 2]), std::string::npos) << command;
    }
}

/// A workspace with two runs that wait: made by the queue itself.
class CliEditTest : public testing::Test {
protected:
    CliEditTest() {
        for (const char* name : {"first", "second"})
            EXPECT_EQ(call({"queue", "add", "--set", std::string("name=") + name, "--set",
                            "model.path=" + kModel})
                          .exitCode,
                      0);
    }
    CliResult call(std::vector<std::string> words) const {
        words.insert(words.end(), {"--workspace", (folder / "w.sqlite").string(), "--json"});
        return runCli(words, folder.path());
    }
    std::vector<std::int64_t> waiting() const {
        std::vector<std::int64_t> runs;
        const Json queue = call({"queue", "list"}).json();
        for (const Json& run : queue["waiting"]) runs.push_back(run["run_id"].get<std::int64_t>());
        return runs;
    }
    const TemporaryFolder folder;
};

TEST_F(CliEditTest, TheQueueKeepsItsOrder) {
    EXPECT_EQ(waiting(), (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(call({"queue", "order", "2", "1"}).exitCode, 0);
    EXPECT_EQ(waiting(), (std::vector<std::int64_t>{2, 1}));
    EXPECT_EQ(call({"queue", "leave", "2"}).exitCode, 0);
    EXPECT_EQ(waiting(), (std::vector<std::int64_t>{1}));
    EXPECT_EQ(call({"runs", "show", "2"}).json()["status"], "cancelled");
    EXPECT_EQ(call({"queue", "leave", "9"}).exitCode, 2);
}

TEST_F(CliEditTest, RunsTakeNameNotesTagsAndColour) {
    EXPECT_EQ(call({"runs", "rename", "1", "a better name"}).exitCode, 0);
    EXPECT_EQ(call({"runs", "note", "1", "it is only waiting"}).exitCode, 0);
    EXPECT_EQ(call({"runs", "tag", "1", "zebra", "ant", "ant"}).exitCode, 0);
    EXPECT_EQ(call({"runs", "color", "1", "#0072b2"}).exitCode, 0);
    const Json run = call({"runs", "show", "1"}).json();
    EXPECT_EQ(run["name"], "a better name");
    EXPECT_EQ(run["notes"], "it is only waiting");
    EXPECT_EQ(run["tags"], Json::array({"ant", "zebra"})) << "sorted, each once";
    EXPECT_EQ(run["color"], "#0072b2");
    EXPECT_EQ(call({"runs", "tag", "1"}).exitCode, 0);
    EXPECT_EQ(call({"runs", "color", "1", "none"}).exitCode, 0);
    EXPECT_TRUE(call({"runs", "show", "1"}).json()["tags"].empty());
    EXPECT_EQ(call({"runs", "color", "1", "blue"}).exitCode, 2);
    EXPECT_EQ(call({"runs", "rename", "99", "x"}).exitCode, 2);
    EXPECT_EQ(call({"runs", "spec", "1"}).json()["model"]["path"], kModel);
}

TEST_F(CliEditTest, MarksStandAtCurves) {
    const CliResult made = call({"runs", "mark", "1", "--step", "40", "here it turns"});
    ASSERT_EQ(made.exitCode, 0) << made.err;
    const Json marks = call({"runs", "marks", "1"}).json()["marks"];
    ASSERT_EQ(marks.size(), 1u);
    EXPECT_EQ(marks[0]["step"], 40);
    EXPECT_EQ(marks[0]["metric"], "ppl.live");
    EXPECT_EQ(marks[0]["text"], "here it turns");
    EXPECT_EQ(call({"runs", "unmark", "1", marks[0]["mark"].dump()}).exitCode, 0);
    EXPECT_TRUE(call({"runs", "marks", "1"}).json()["marks"].empty());
}

TEST_F(CliEditTest, WhatIsNotThereIsSaid) {
    EXPECT_EQ(call({"caches", "list"}).exitCode, 0);
    EXPECT_EQ(call({"caches", "delete", "no-such-cache"}).exitCode, 2);
    EXPECT_TRUE(call({"models"}).json()["models"].is_array());
    EXPECT_TRUE(call({"views", "list"}).json()["views"].empty());
    EXPECT_EQ(call({"views", "change", "4", "--name", "x"}).exitCode, 2);
    EXPECT_TRUE(call({"measurements", "list"}).json()["measurements"].empty());
}

}  // namespace
}  // namespace skd::test
