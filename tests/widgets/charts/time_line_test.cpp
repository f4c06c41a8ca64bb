#include <gtest/gtest.h>

#include <QApplication>
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>
#include <random>

#include "charts/views/time_line.h"
#include "style/theme.h"
#include "widgets/support/synthetic_profile.h"

namespace skd::test {
namespace {

ProfileRecord record(std::int64_t begin, std::int64_t end, std::int64_t thread = 1,
                     Module module = Module::Other) {
    return {"op", module, thread, begin, end, end - begin, false, false};
}

TEST(TimeLineRows, NestedRecordsLieBelowTheirParents) {
    const std::vector<ProfileRecord> records{record(50, 60), record(0, 100),   record(10, 40),
                                             record(15, 20), record(100, 120), record(5, 8, 7)};
    const TimeLineRows rows = timeLineRows(records);
    EXPECT_EQ(rows.beginNs, 0);
    EXPECT_EQ(rows.endNs, 120);
    ASSERT_EQ(rows.rows.size(), 4u);
    EXPECT_EQ(rows.rows[0].records, (std::vector<std::uint32_t>{1, 4}));
    EXPECT_EQ(rows.rows[1].records, (std::vector<std::uint32_t>{2, 0}));
    EXPECT_EQ(rows.rows[2].records, (std::vector<std::uint32_t>{3}));
    EXPECT_EQ(rows.rows[2].depth, 2);
    EXPECT_EQ(rows.rows[3].thread, 7);
    EXPECT_TRUE(timeLineRows({}).rows.empty());
}

TEST(TimeLineRows, RecordsOfARowNeverOverlap) {
    std::mt19937 random(3);
    std::uniform_int_distribution<std::int64_t> begin(0, 20'000), length(0, 900);
    std::vector<ProfileRecord> records;
    for (int i = 0; i < 3000; ++i) {
        const std::int64_t at = begin(random);
        records.push_back(record(at, at + length(random), 1 + i % 3));
    }
    std::size_t held = 0;
    for (const TimeLineRow& row : timeLineRows(records).rows) {
        held += row.records.size();
        for (std::size_t i = 1; i < row.records.size(); ++i)
            EXPECT_GE(records[row.records[i]].beginNs, records[row.records[i - 1]].endNs);
        for (std::uint32_t index : row.records) EXPECT_EQ(records[index].thread, row.thread);
    }
    EXPECT_EQ(held, records.size());
}

class TimeLineBlocks : public testing::Test {
protected:
    TimeLineBlocks() {
        for (int i = 0; i < 100'000; ++i) {
            m_records.push_back(record(i * 100, i * 100 + 80));
            m_row.push_back(static_cast<std::uint32_t>(i));
        }
    }
    std::vector<ProfileRecord> m_records;
    std::vector<std::uint32_t> m_row;
};

TEST_F(TimeLineBlocks, AreAtMostTwoPerColumnAndHoldEveryRecord) {
    const auto blocks = timeLineBlocks(m_records, m_row, 0, 1e7, 800);
    EXPECT_LE(blocks.size(), 1600u);
    std::size_t held = 0;
    for (const TimeLineBlock& block : blocks) held += block.count;
    EXPECT_EQ(held, m_records.size());
    for (std::size_t i = 1; i < blocks.size(); ++i)
        EXPECT_GE(blocks[i].left, blocks[i - 1].left + blocks[i - 1].width - 1e-9);
}

TEST_F(TimeLineBlocks, OfAZoomAreTheRecordsThemselves) {
    const auto blocks = timeLineBlocks(m_records, m_row, 5'000'050, 5'000'450, 400);
    ASSERT_EQ(blocks.size(), 5u) << "one that began before, and four that begin inside";
    EXPECT_EQ(blocks[0].record, 50'000u);
    EXPECT_DOUBLE_EQ(blocks[0].left, 0);
    EXPECT_DOUBLE_EQ(blocks[0].width, 30);
    EXPECT_DOUBLE_EQ(blocks[1].left, 50);
    EXPECT_DOUBLE_EQ(blocks[1].width, 80);
    EXPECT_TRUE(timeLineBlocks(m_records, m_row, 2e7, 3e7, 400).empty());
    EXPECT_TRUE(timeLineBlocks(m_records, {}, 0, 1, 400).empty());
}

TEST_F(TimeLineBlocks, ALongRecordIsNotSwallowedByShortOnesBeforeIt) {
    std::vector<ProfileRecord> records{record(0, 2), record(3, 5), record(6, 5000),
                                       record(5000, 5001)};
    const auto blocks = timeLineBlocks(records, {0, 1, 2, 3}, 0, 10'000, 100);
    const auto wide = std::find_if(blocks.begin(), blocks.end(),
                                   [](const TimeLineBlock& block) { return block.record == 2; });
    ASSERT_NE(wide, blocks.end());
    EXPECT_NEAR(wide->width, 49.94, 0.01);
}

TEST_F(TimeLineBlocks, RecordAtFindsTheOneAtATime) {
    EXPECT_EQ(recordAt(m_records, m_row, 150), 1u);
    EXPECT_EQ(recordAt(m_records, m_row, 190), m_row.size()) << "between two";
    EXPECT_EQ(recordAt(m_records, m_row, -5), m_row.size());
    EXPECT_EQ(recordAt(m_records, m_row, 1e9), m_row.size());
}

class TimeLineWidget : public testing::Test {
protected:
    void show(std::vector<ProfileRecord> records) {
        m_records = std::make_shared<std::vector<ProfileRecord>>(std::move(records));
        m_rows = std::make_shared<TimeLineRows>(timeLineRows(*m_records));
        m_line.resize(900, 200);
        m_line.setContent({m_records, m_rows, std::vector<QColor>(kNames<Module>.size(), Qt::gray),
                           [](const ProfileRecord& r) { return QString::fromStdString(r.name); },
                           [](const ProfileRecord& r) { return QString::fromStdString(r.name); }});
        m_line.show();
    }
    void wheel(double x, int turn) {
        const QPointF at(x, 100);
        QWheelEvent event(at, m_line.mapToGlobal(at), {}, {0, turn}, Qt::NoButton, Qt::NoModifier,
                          Qt::NoScrollPhase, false);
        QApplication::sendEvent(&m_line, &event);
    }
    std::shared_ptr<std::vector<ProfileRecord>> m_records;
    std::shared_ptr<TimeLineRows> m_rows;
    TimeLine m_line{"Time line"};
};

TEST_F(TimeLineWidget, WheelZoomsAtTheMouseAndDraggingPans) {
    show(syntheticModelProfile("dense", 1).timeline);
    const Range whole = m_line.view();
    EXPECT_EQ(whole.low, 0);
    wheel(480, 120);
    wheel(480, 120);
    const Range near = m_line.view();
    EXPECT_NEAR(near.span(), whole.span() * 0.64, whole.span() * 1e-9);
    QTest::mousePress(&m_line, Qt::LeftButton, {}, {500, 100});
    QTest::mouseMove(&m_line, {400, 100});
    QTest::mouseRelease(&m_line, Qt::LeftButton, {}, {400, 100});
    EXPECT_NEAR(m_line.view().span(), near.span(), 1);
    EXPECT_GT(m_line.view().low, near.low);
    QTest::keyClick(&m_line, Qt::Key_Home);
    EXPECT_EQ(m_line.view(), whole);
    wheel(480, -120);
    EXPECT_EQ(m_line.view(), whole) << "never farther out than the round";
}

TEST_F(TimeLineWidget, KeysZoomPanAndStepThroughRecords) {
    show(syntheticModelProfile("dense", 1).timeline);
    QSignalSpy picked(&m_line, &TimeLine::picked);
    QTest::keyClick(&m_line, Qt::Key_Plus);
    const Range near = m_line.view();
    QTest::keyClick(&m_line, Qt::Key_Right);
    EXPECT_NEAR(m_line.view().low, near.low + 0.1 * near.span(), 1);
    QTest::keyClick(&m_line, Qt::Key_Right, Qt::ShiftModifier);
    QTest::keyClick(&m_line, Qt::Key_Right, Qt::ShiftModifier);
    ASSERT_EQ(picked.size(), 2);
    EXPECT_EQ(picked[1][0].toUInt(), m_rows->rows[0].records[1]);
    EXPECT_EQ(m_line.accessibleDescription(),
              QString::fromStdString((*m_records)[picked[1][0].toUInt()].name));
}

TEST_F(TimeLineWidget, AClickPicksTheRecordUnderTheMouse) {
    show(syntheticModelProfile("dense", 1).timeline);
    QSignalSpy picked(&m_line, &TimeLine::picked);
    QSignalSpy nothing(&m_line, &TimeLine::pickedNothing);
    const std::uint32_t last = m_rows->rows[0].records.back();  // the head is long
    QTest::mouseClick(&m_line, Qt::LeftButton, {}, m_line.recordRect(0, last).center().toPoint());
    ASSERT_EQ(picked.size(), 1);
    EXPECT_EQ(picked[0][0].toUInt(), last);
    QTest::mouseClick(&m_line, Qt::LeftButton, {}, {500, 195});
    EXPECT_EQ(nothing.size(), 1);
    QTest::mouseDClick(&m_line, Qt::LeftButton, {}, m_line.recordRect(0, last).center().toPoint());
    EXPECT_LT(m_line.view().span(),
              1.2 * static_cast<double>((*m_records)[last].endNs - (*m_records)[last].beginNs));
}

TEST_F(TimeLineWidget, AHundredThousandRecordsCostNoMoreThanTheWindowIsWide) {
    std::vector<ProfileRecord> records;
    for (std::int64_t i = 0; i < 50'000; ++i) {
        records.push_back(record(i * 1000, i * 1000 + 900, 1, Module::MlpGate));
        records.push_back(record(i * 1000 + 100, i * 1000 + 500, 1, Module::Norm));
    }
    show(std::move(records));
    std::vector<bool> norm(kNames<Module>.size());
    norm[static_cast<std::size_t>(Module::Norm)] = true;
    m_line.setHighlighted(norm);
    QElapsedTimer clock;
    clock.start();
    EXPECT_FALSE(m_line.grab().isNull());
    EXPECT_LT(clock.elapsed(), 200);
    EXPECT_GT(m_line.drawnBlocks(), 800u);
    EXPECT_LE(m_line.drawnBlocks(), 2u * 900 * 3) << "two rows, and what stands out";
}

TEST_F(TimeLineWidget, WithoutRecordsSaysSo) {
    show({});
    m_line.setEmptyText("nothing");
    EXPECT_FALSE(m_line.grab().isNull());
    QTest::keyClick(&m_line, Qt::Key_Plus);
    QTest::mouseClick(&m_line, Qt::LeftButton, {}, {500, 100});
    wheel(300, 120);
    EXPECT_FALSE(m_line.recordAtPoint({500, 100}));
}

}  // namespace
}  // namespace skd::test
