#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>

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

/// Rule 1: who may include whom inside core/.
const std::map<std::string, std::set<std::string>> kArrows{
    {"base", {"base"}},
    {"spec", {"base", "spec"}},
    {"events", {"base", "spec", "events"}},
    {"store", {"base", "spec", "store"}},
    {"text", {"base", "spec", "text"}},
    {"model", {"base", "model"}},
    {"prune", {"base", "spec", "events", "text", "model", "prune"}},
    {"distill", {"base", "spec", "events", "text", "model", "distill"}},
    {"eval", {"base", "spec", "events", "text", "model", "eval"}},
    {"run",
     {"base", "spec", "events", "store", "text", "model", "prune", "distill", "eval", "run"}},
};

TEST(Architecture, CoreFollowsItsArrows) {
    int checked = 0;
    for (const Include& include : includesOf("core")) {
        const std::string from = folderOf(include.file),
                          to = include.target.substr(0, include.target.find('/'));
        if (!include.quoted) continue;
        ASSERT_TRUE(kArrows.count(from)) << include.file;
        EXPECT_TRUE(kArrows.at(from).count(to)) << include.file << " includes " << include.target;
        ++checked;
    }
    EXPECT_GT(checked, 100);
}

TEST(Architecture, NoQtInCore) {
    for (const Include& include : includesOf("core"))
        EXPECT_FALSE(std::regex_search(include.target, std::regex("^Q[A-Z]|^Qt")))
            << include.file << " includes " << include.target;
}

TEST(Architecture, LibTorchStaysInTheEngine) {
    const std::set<std::string> engine{"model", "prune", "distill", "eval", "run"};
    for (const Include& include : includesOf("core"))
        EXPECT_TRUE(!isTorch(include.target) || engine.count(folderOf(include.file)) > 0)
            << include.file << " includes " << include.target;
    for (const char* folder : {"widgets", "app"})
        for (const Include& include : includesOf(folder))
            EXPECT_FALSE(isTorch(include.target)) << include.file;
}

/// Headers that widgets and app include, followed to the end, name no LibTorch header.
TEST(Architecture, NoTorchBehindTheHeadersPeopleSideIncludes) {
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
        const std::string file = include.file.string();
        const bool sqlite =
            startsWith(include.target, "SQLiteCpp") || startsWith(include.target, "sqlite3");
        EXPECT_TRUE(!sqlite || startsWith(file, "core/store/")) << file;
        EXPECT_TRUE(!startsWith(include.target, "spdlog") || file == "core/base/log.cpp") << file;
        const bool format = startsWith(include.target, "model/safetensors") ||
                            startsWith(include.target, "model/gguf");
        // Readers of the formats inside model/, and what reads a GGUF chat template, translates its
        // vocabulary or writes our own files with them.
        const std::set<std::string> users{
            "core/run/model_source.cpp",     "core/run/gguf_vocabulary.h",
            "core/run/gguf_vocabulary.cpp",  "core/run/dialogue.cpp",
            "core/run/export/origin.cpp",    "core/run/export/tokenizer.h",
            "core/run/export/tokenizer.cpp", "core/run/export/weights.cpp",
            "core/prune/spectrum_cache.cpp"};
        EXPECT_TRUE(!format || startsWith(file, "core/model/") || users.count(file) > 0 ||
                    startsWith(file, "core/distill/checkpoint"))
            << file;
    }
}

TEST(Architecture, WidgetsKnowTheEngineOnlyByItsDoor) {
    const std::set<std::string> doors{"run/session.h",     "run/rank_plan.h",
                                      "run/inventory.h",   "run/run_estimate.h",
                                      "run/study_queue.h", "run/corpus_tools.h"};
    const std::set<std::string> engine{"model", "prune", "distill", "eval", "run"};
    for (const Include& include : includesOf("widgets")) {
        const std::string to = include.target.substr(0, include.target.find('/'));
        const bool history =
            startsWith(include.target, "run/report/");  // reads what runs have left behind
        EXPECT_TRUE(!include.quoted || engine.count(to) == 0 || doors.count(include.target) > 0 ||
                    history)
            << include.file << " includes " << include.target;
        EXPECT_TRUE(include.target != "events/mailbox.h" ||
                    startsWith(include.file.string(), "widgets/bridge/"))
            << include.file;
        EXPECT_NE(include.target, "store/run_writer.h") << include.file;
    }
}

}  // namespace
}  // namespace skd::test
