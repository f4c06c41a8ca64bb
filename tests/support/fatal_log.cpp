#include "support/fatal_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "base/log.h"

namespace skd::test {

/// Collects error-level lines of the running test and fails it for the unexpected ones.
class FatalLog final : public testing::EmptyTestEventListener {
public:
    static FatalLog& instance() {
        static FatalLog* log = new FatalLog;  // owned by GoogleTest once appended
        return *log;
    }

    void OnTestStart(const testing::TestInfo&) override {
        takeUnexpected();
        log::setListener([this](log::Level level, const std::string& line) { hear(level, line); });
    }

    void OnTestEnd(const testing::TestInfo&) override {
        log::setListener({});
        for (const std::string& line : takeUnexpected())
            ADD_FAILURE() << "unexpected error in the log: " << line;
    }

    void add(ExpectErrorLog* expected) {
        const std::lock_guard lock(m_mutex);
        m_expected.push_back(expected);
    }

    /// Forgets `expected` and returns how many lines it has seen.
    int remove(ExpectErrorLog* expected) {
        const std::lock_guard lock(m_mutex);
        std::erase(m_expected, expected);
        return expected->m_seen;
    }

private:
    void hear(log::Level level, const std::string& line) {
        if (level != log::Level::Error) return;
        const std::lock_guard lock(m_mutex);
        for (ExpectErrorLog* expected : m_expected) {
            if (line.find(expected->m_text) == std::string::npos) continue;
            ++expected->m_seen;
            return;
        }
        m_unexpected.push_back(line);
    }

    std::vector<std::string> takeUnexpected() {
        const std::lock_guard lock(m_mutex);
        return std::exchange(m_unexpected, {});
    }

    std::mutex m_mutex;
    std::vector<ExpectErrorLog*> m_expected;
    std::vector<std::string> m_unexpected;
};

void installFatalLog() {
    testing::UnitTest::GetInstance()->listeners().Append(&FatalLog::instance());
}

ExpectErrorLog::ExpectErrorLog(std::string text) : m_text(std::move(text)) {
    FatalLog::instance().add(this);
}

ExpectErrorLog::~ExpectErrorLog() {
    if (FatalLog::instance().remove(this) == 0)
        ADD_FAILURE() << "the log was expected to have an error that contains: " << m_text;
}

}  // namespace skd::test
