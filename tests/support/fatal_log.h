#pragma once

#include <string>

namespace skd::test {

/// Makes every error-level log line fail the test that is running, unless an ExpectErrorLog is
/// alive that fits it. Call once after testing::InitGoogleTest; test_main.cpp does.
void installFatalLog();

/// While it lives, error-level lines that contain `text` are expected; when it ends without having
/// seen one, the test fails.
class ExpectErrorLog {
public:
    explicit ExpectErrorLog(std::string text);
    ~ExpectErrorLog();
    ExpectErrorLog(const ExpectErrorLog&) = delete;
    ExpectErrorLog& operator=(const ExpectErrorLog&) = delete;

private:
    friend class FatalLog;
    std::string m_text;
    int m_seen = 0;
};

}  // namespace skd::test
