#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace skd::test {
namespace {

namespace fs = std::filesystem;

constexpr std::ptrdiff_t kColumns = 100;
constexpr std::ptrdiff_t kLines = 400;
constexpr int kFilesInAFolder = 45;

/// Every C++ source, relative to the repository.
std::vector<fs::path> sources() {
    std::vector<fs::path> found;
    for (const char* folder : {"core", "widgets", "app", "tests", "packaging"})
        for (const auto& entry :
             fs::recursive_directory_iterator(fs::path(SKD_SOURCE_DIR) / folder))
            if (entry.path().extension() == ".h" || entry.path().extension() == ".cpp")
                found.push_back(fs::relative(entry.path(), SKD_SOURCE_DIR));
    std::sort(found.begin(), found.end());
    return found;
}

/// Characters of a line of UTF-8: bytes that do not continue one.
std::ptrdiff_t columnsOf(const std::string& line) {
    return std::count_if(line.begin(), line.end(),
                         [](char byte) { return (static_cast<unsigned char>(byte) >> 6) != 2; });
}

TEST(Tree, CountsColumnsByCharacter) {
    EXPECT_EQ(columnsOf(""), 0);
    EXPECT_EQ(columnsOf("déjà 年"), 6);
    EXPECT_EQ(columnsOf("\xF0\x9D\x9F\x98"), 1);
}

TEST(Tree, LinesStayWithinAHundredColumns) {
    for (const fs::path& source : sources()) {
        std::ifstream file(fs::path(SKD_SOURCE_DIR) / source);
        std::ptrdiff_t number = 0;
        for (std::string line; std::getline(file, line);) {
            ++number;
            EXPECT_LE(columnsOf(line), kColumns) << source.string() << ":" << number;
            EXPECT_EQ(line.find('\t'), std::string::npos) << source.string() << ":" << number;
        }
    }
}

TEST(Tree, FilesStayShort) {
    const std::vector<fs::path> all = sources();
    EXPECT_GT(all.size(), 1000u) << "the test must see the sources";
    for (const fs::path& source : all) {
        std::ifstream file(fs::path(SKD_SOURCE_DIR) / source);
        const auto lines = std::count(std::istreambuf_iterator<char>(file), {}, '\n');
        EXPECT_LE(lines, kLines) << source.string();
    }
}

/// Files of any kind directly in a folder; fixtures are data.
TEST(Tree, FoldersStaySmall) {
    std::map<std::string, int> files;
    for (const char* folder : {"core", "widgets", "app", "tests"})
        for (const auto& entry :
             fs::recursive_directory_iterator(fs::path(SKD_SOURCE_DIR) / folder))
            if (entry.is_regular_file())
                ++files[fs::relative(entry.path().parent_path(), SKD_SOURCE_DIR).string()];
    for (const auto& [folder, count] : files)
        if (folder.rfind("tests/fixtures", 0) != 0) {
            EXPECT_LE(count, kFilesInAFolder) << folder;
        }
}

}  // namespace
}  // namespace skd::test
