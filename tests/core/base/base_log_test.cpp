#include "base/log.h"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <vector>

#include "base/text.h"
#include "support/fatal_log.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

TEST(Log, ListenerHearsEveryThread) {
    std::mutex mutex;
    std::vector<std::string> lines;
    log::setListener([&](log::Level, const std::string& line) {
        const std::lock_guard lock(mutex);
        lines.push_back(line);
    });
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([t] {
            for (int i = 0; i < 50; ++i) log::debug(strCat(t, ":", i));
        });
    threads.clear();
    log::setListener({});
    log::debug("unheard");
    EXPECT_EQ(lines.size(), 200u);
    std::sort(lines.begin(), lines.end());
    EXPECT_EQ(std::adjacent_find(lines.begin(), lines.end()), lines.end());
}

TEST(Log, WritesItsFile) {
    const test::TemporaryFolder folder;
    log::Options options;
    options.file = (folder / "log.txt").string();
    options.level = log::Level::Warning;
    options.toStderr = false;
    log::initialise(options);
    log::info("too quiet");
    log::warning("braces {} are text");
    log::initialise({});
    const std::string written = test::readBytes(folder / "log.txt");
    EXPECT_NE(written.find("warning braces {} are text"), std::string::npos);
    EXPECT_EQ(written.find("too quiet"), std::string::npos);
}

TEST(Log, ErrorsAreExpectedOrFailTheTest) {
    {
        const test::ExpectErrorLog expected("disk");
        log::error("the disk is full");
    }
    EXPECT_NONFATAL_FAILURE({ const test::ExpectErrorLog expected("never logged"); },
                            "never logged");
}

}  // namespace
}  // namespace skd
