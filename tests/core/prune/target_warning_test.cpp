#include <gtest/gtest.h>

#include "prune/shared/prune_report.h"

namespace skd::test {
namespace {

class WarningSink final : public EventSink {
public:
    void emit(Event event) override {
        if (const auto* line = std::get_if<LogLine>(&event)) said.push_back(line->text);
    }
    std::vector<std::string> said;
};

TEST(TargetWarning, HalfAPercentagePointEitherWayIsSaid) {
    WarningSink sink;
    const RunContext context{RunId(1), &sink, {}, 42, {}, {}};
    for (const double removed : {0.1, 0.148, 0.15, 0.152, 0.2}) {
        warnIfOver(removed, 0.15, "of the parameters", context);
        warnIfUnder(removed, 0.15, "of the parameters", context);
    }
    ASSERT_EQ(sink.said.size(), 2u);
    EXPECT_EQ(sink.said[0].rfind("only 10.00 % of the parameters instead of 15.00 %", 0), 0u)
        << sink.said[0];
    EXPECT_EQ(sink.said[1].rfind("20.00 % of the parameters instead of 15.00 %", 0), 0u)
        << sink.said[1];
}

}  // namespace
}  // namespace skd::test
