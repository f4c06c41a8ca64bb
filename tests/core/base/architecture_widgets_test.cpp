// The rooms of the window and their arrows: what may include what below widgets/.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace skd::test {
namespace {

namespace fs = std::filesystem;

/// The rooms from the ground up. A room includes those of lower floors and itself, never one of its
/// own floor: charts know no engine, and no page knows another page.
const std::vector<std::vector<std::string>> kFloors{
    {"style"},    {"bridge", "charts"},
    {"controls"}, {"carve", "recover", "compare", "profile", "talk", "plan", "inventory", "runs"},
    {"window"},
};

/// The same inside charts/: what every chart uses, the plot of lines, the other charts.
const std::vector<std::string> kChartFolders{"charts", "charts/plot", "charts/views"};

struct RoomInclude {
    std::string file, target;  ///< relative to widgets/

    [[nodiscard]] std::string from() const { return fs::path(file).parent_path().string(); }
    [[nodiscard]] std::string to() const { return fs::path(target).parent_path().string(); }
};

fs::path widgetsFolder() {
    return fs::path(SKD_SOURCE_DIR) / "widgets";
}

bool isSource(const fs::path& file) {
    return file.extension() == ".h" || file.extension() == ".cpp";
}

/// Every include of a file below widgets/ in another one.
std::vector<RoomInclude> includesInside() {
    static const std::regex pattern(R"(^\s*#\s*include\s*"([^"]+)["])");
    std::vector<RoomInclude> found;
    for (const auto& entry : fs::recursive_directory_iterator(widgetsFolder())) {
        if (!isSource(entry.path())) continue;
        std::ifstream file(entry.path());
        for (std::string line; std::getline(file, line);) {
            std::smatch match;
            if (std::regex_search(line, match, pattern) &&
                fs::exists(widgetsFolder() / match[1].str()))
                found.push_back(
                    {fs::relative(entry.path(), widgetsFolder()).generic_string(), match[1]});
        }
    }
    return found;
}

std::string roomOfPath(const std::string& path) {
    return path.substr(0, path.find('/'));
}

std::map<std::string, std::size_t> floorOfRooms() {
    std::map<std::string, std::size_t> floors;
    for (std::size_t floor = 0; floor < kFloors.size(); ++floor)
        for (const std::string& room : kFloors[floor]) floors[room] = floor;
    return floors;
}

TEST(Architecture, EveryFileOfTheWindowIsInARoom) {
    const auto floors = floorOfRooms();
    std::set<std::string> rooms;
    for (const auto& entry : fs::recursive_directory_iterator(widgetsFolder())) {
        if (!isSource(entry.path())) continue;
        const std::string name = fs::relative(entry.path(), widgetsFolder()).generic_string();
        ASSERT_NE(name.find('/'), std::string::npos) << name;
        EXPECT_TRUE(floors.count(roomOfPath(name))) << name;
        rooms.insert(roomOfPath(name));
    }
    EXPECT_EQ(rooms.size(), floors.size());
}

TEST(Architecture, WidgetsFollowTheirArrows) {
    const auto floors = floorOfRooms();
    int checked = 0;
    for (const RoomInclude& include : includesInside()) {
        const std::string from = roomOfPath(include.file), to = roomOfPath(include.target);
        if (from == to) continue;
        ASSERT_TRUE(floors.count(from) && floors.count(to)) << include.file;
        EXPECT_LT(floors.at(to), floors.at(from)) << include.file << " includes " << include.target;
        ++checked;
    }
    EXPECT_GT(checked, 200);
}

TEST(Architecture, ChartsFollowTheirArrows) {
    std::map<std::string, std::size_t> floors;
    for (std::size_t i = 0; i < kChartFolders.size(); ++i) floors[kChartFolders[i]] = i;
    int checked = 0;
    for (const RoomInclude& include : includesInside()) {
        if (roomOfPath(include.file) != "charts" || roomOfPath(include.target) != "charts")
            continue;
        ASSERT_TRUE(floors.count(include.from()) && floors.count(include.to())) << include.file;
        EXPECT_LE(floors.at(include.to()), floors.at(include.from()))
            << include.file << " includes " << include.target;
        ++checked;
    }
    EXPECT_GT(checked, 30);
}

}  // namespace
}  // namespace skd::test
