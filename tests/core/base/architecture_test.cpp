#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace skd::test {
namespace {

namespace fs = std::filesystem;

struct Include {
    fs::path file;  ///< relative to the repository
    std::string target;
    bool quoted = false;
};

/// Every #include of the sources under `folder`.
std::vector<Include> includesOf(const std::string& folder) {
    static const std::regex pattern(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
    std::vector<Include> found;
    const fs::path root = SKD_SOURCE_DIR;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
        if (entry.path().extension() != ".h" && entry.path().extension() != ".cpp") continue;
        std::ifstream file(entry.path());
        for (std::string line; std::getline(file, line);) {
            std::smatch match;
            if (std::regex_search(line, match, pattern))
                found.push_back({fs::relative(entry.path(), root), match[2], match[1] == "\""});
        }
    }
    return found;
}

std::string folderOf(const fs::path& file) {
    auto part = file.begin();
    return (++part)->string();  // core/FOLDER/...
}

bool startsWith(const std::string& text, const std::string& prefix) {
    return text.rfind(prefix, 0) == 0;
}

bool isTorch(const std::string& target) {
    return startsWith(target, "torch/") || startsWith(target, "ATen/") ||
           startsWith(target, "c10/");
}

/// Rooms of one list of core/CMakeLists.txt, from the bottom up.
std::vector<std::string> roomsOf(const std::string& list) {
    std::ifstream file(fs::path(SKD_SOURCE_DIR) / "core" / "CMakeLists.txt");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    std::smatch match;
    if (!std::regex_search(text, match, std::regex("set\\(" + list + " ([a-z ]+) CACHE")))
        return {};
    std::istringstream words(match[1]);
    return {std::istream_iterator<std::string>(words), {}};
}

bool contains(const std::vector<std::string>& rooms, const std::string& room) {
    return std::find(rooms.begin(), rooms.end(), room) != rooms.end();
}

std::string roomOf(const std::string& target) {
    return target.substr(0, target.find('/'));
}

/// Rule 1: who includes whom inside core/, beside base, which everyone may include.
const std::map<std::string, std::set<std::string>> kArrows{
    // skd_base
    {"base", {}},
    {"results", {}},
    {"spec", {"results"}},
    {"tokenizer", {}},
    {"events", {"results"}},
    {"store", {"results", "spec"}},
    {"exchange", {"store"}},
    {"corpus", {"spec", "tokenizer"}},
    {"ranks", {"results", "spec"}},
    {"report", {"results", "spec", "store"}},
    // skd_engine
    {"kernels", {"spec"}},
    {"formats", {"kernels"}},
    {"model", {"results", "kernels", "formats"}},
    {"prune", {"results", "spec", "events", "corpus", "ranks", "formats", "model"}},
    {"distill", {"results", "spec", "events", "corpus", "ranks", "kernels", "formats", "model"}},
    {"eval", {"results", "spec", "tokenizer", "events", "corpus", "kernels", "model"}},
    {"library",
     {"results", "spec", "tokenizer", "events", "store", "corpus", "ranks", "formats", "model",
      "distill", "eval"}},
    {"requests",
     {"results", "spec", "tokenizer", "events", "store", "corpus", "ranks", "formats", "model",
      "prune", "eval", "library"}},
    {"run",
     {"results", "spec", "tokenizer", "events", "store", "corpus", "ranks", "model", "prune",
      "distill", "eval", "library", "requests"}},
    {"study", {"spec", "store", "model", "distill", "eval", "library", "requests", "run"}},
    {"cluster", {"spec", "events", "store", "exchange", "run", "study"}},
    {"bench",
     {"spec", "events", "store", "corpus", "report", "kernels", "model", "prune", "distill", "eval",
      "library", "requests", "run"}},
};

TEST(Architecture, CoreFollowsItsArrows) {
    std::map<std::string, std::set<std::string>> found;
    for (const Include& include : includesOf("core")) {
        const std::string from = folderOf(include.file), to = roomOf(include.target);
        if (!include.quoted) continue;
        ASSERT_TRUE(kArrows.count(from)) << include.file;
        EXPECT_TRUE(to == from || to == "base" || kArrows.at(from).count(to))
            << include.file << " includes " << include.target;
        if (to != from && to != "base") found[from].insert(to);
    }
    for (const auto& [room, arrows] : kArrows)
        EXPECT_EQ(arrows, found[room]) << room << " has an arrow that no include needs";
}

TEST(Architecture, ArrowsGoDown) {
    const std::vector<std::string> base = roomsOf("SKD_BASE_ROOMS"),
                                   engine = roomsOf("SKD_ENGINE_ROOMS");
    std::vector<std::string> below;
    for (const auto& rooms : {base, engine})
        for (const std::string& room : rooms) {
            ASSERT_TRUE(kArrows.count(room)) << room;
            for (const std::string& to : kArrows.at(room))
                EXPECT_TRUE(contains(below, to)) << room << " -> " << to;
            below.push_back(room);
        }
    EXPECT_EQ(below.size(), kArrows.size());
    EXPECT_GT(base.size(), 0u);
}

TEST(Architecture, NoQtInCore) {
    for (const Include& include : includesOf("core"))
        EXPECT_FALSE(std::regex_search(include.target, std::regex("^Q[A-Z]|^Qt")))
            << include.file << " includes " << include.target;
}

TEST(Architecture, LibTorchStaysInTheEngine) {
    const std::vector<std::string> engine = roomsOf("SKD_ENGINE_ROOMS");
    for (const Include& include : includesOf("core"))
        EXPECT_TRUE(!isTorch(include.target) || contains(engine, folderOf(include.file)))
            << include.file << " includes " << include.target;
    for (const char* folder : {"widgets", "app"})
        for (const Include& include : includesOf(folder))
            EXPECT_FALSE(isTorch(include.target)) << include.file;
}

/// Headers that widgets and app include, followed to the end, name no LibTorch header.
TEST(Architecture, NoTorchBehindTheHeadersFrontEndsInclude) {
    std::map<std::string, std::vector<std::string>> graph;
    std::set<std::string> torch;
    for (const Include& include : includesOf("core")) {
        const std::string file = fs::relative(include.file, "core").string();
        if (include.quoted) graph[file].push_back(include.target);
        if (isTorch(include.target)) torch.insert(file);
    }
    std::vector<std::string> open;
    std::set<std::string> seen;
    for (const char* folder : {"widgets", "app"})
        for (const Include& include : includesOf(folder)) open.push_back(include.target);
    while (!open.empty()) {
        const std::string file = open.back();
        open.pop_back();
        if (!seen.insert(file).second) continue;
        EXPECT_FALSE(torch.count(file))
            << file << " is reachable from widgets or app and includes LibTorch";
        for (const std::string& next : graph[file]) open.push_back(next);
    }
}

TEST(Architecture, OneOwnerForEachForeignLibrary) {
    for (const Include& include : includesOf("core")) {
        const std::string file = include.file.string(), room = folderOf(include.file);
        const bool sqlite =
            startsWith(include.target, "SQLiteCpp") || startsWith(include.target, "sqlite3");
        EXPECT_TRUE(!sqlite || room == "store" || room == "exchange") << file;
        EXPECT_TRUE(!startsWith(include.target, "spdlog") || file == "core/base/log.cpp") << file;
    }
}

/// Of the engine they know what can be asked of it, not the rooms that do its work.
TEST(Architecture, FrontEndsKnowTheEngineByItsFrontRooms) {
    const std::vector<std::string> base = roomsOf("SKD_BASE_ROOMS"),
                                   front{"library", "requests", "run", "study", "cluster", "bench"};
    for (const char* folder : {"widgets", "app"})
        for (const Include& include : includesOf(folder)) {
            const std::string room = roomOf(include.target);
            EXPECT_TRUE(!include.quoted || kArrows.count(room) == 0 || contains(base, room) ||
                        contains(front, room))
                << include.file << " includes " << include.target;
        }
}

TEST(Architecture, WidgetsOnlyReadAndOnlyTheBridgeListens) {
    for (const Include& include : includesOf("widgets")) {
        EXPECT_TRUE(include.target != "events/mailbox.h" ||
                    startsWith(include.file.string(), "widgets/bridge/"))
            << include.file;
        EXPECT_NE(include.target, "store/run_writer.h") << include.file;
    }
}

}  // namespace
}  // namespace skd::test
