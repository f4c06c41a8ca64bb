#include "charts/plot/plot_view.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QImage>
#include <QTest>
#include <QWheelEvent>
#include <cmath>

#include "charts/plot/curves.h"
#include "charts/view_table.h"
#include "widgets/support/loop_watch.h"

namespace skd {
namespace {

std::vector<double> ramp(std::size_t count) {
    std::vector<double> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<double>(i);
    return values;
}

int pixelsLike(const QImage& image, const QColor& color) {
    int count = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x) {
            const QColor pixel = image.pixelColor(x, y);
            count += std::abs(pixel.red() - color.red()) + std::abs(pixel.green() - color.green()) +
                         std::abs(pixel.blue() - color.blue()) <
                     90;
        }
    return count;
}

TEST(PlotView, DrawsItsLine) {
    PlotView plot("test");
    plot.resize(400, 300);
    plot.setData(plot.addSeries({"a", QColor(255, 0, 0)}), ramp(100), ramp(100));
    EXPECT_GT(pixelsLike(plot.grab().toImage(), QColor(255, 0, 0)), 200);
}

TEST(PlotView, NaNAndInfinityLeaveTheRestVisibleAndAreMarkedAtTheEdge) {
    PlotView plot("test");
    plot.resize(400, 300);
    plot.setLogY(true);
    std::vector<double> values(100, 50.0);
    for (std::size_t i = 0; i < 100; ++i) values[i] = 20 + static_cast<double>(i);
    values[40] = std::nan("");
    values[60] = INFINITY;
    values[70] = -1;
    plot.setData(plot.addSeries({"a", QColor(255, 0, 0)}), ramp(100), values);
    EXPECT_GT(pixelsLike(plot.grab().toImage(), QColor(255, 0, 0)), 150);
    EXPECT_EQ(plot.series()[0].unplottable(plot.axes()), (std::vector<double>{40, 60, 70}));
    EXPECT_EQ(plot.axes().y, (Range{std::log10(20.0), std::log10(150.0)}));
}

TEST(PlotView, SoManyPointsThatQtChartsIsLeftOutLookTheSame) {
    const auto picture = [](std::size_t invisible) {
        PlotView plot("test");
        plot.resize(600, 300);
        std::vector<double> wave(400), saw(4000);
        for (std::size_t i = 0; i < wave.size(); ++i)
            wave[i] = 50 + 40 * std::sin(static_cast<double>(i) * 0.03);
        for (std::size_t i = 0; i < saw.size(); ++i) saw[i] = i % 2 == 0 ? 10 : 90;
        SeriesStyle style{"wave", QColor(255, 0, 0), 1.0};
        plot.setData(plot.addSeries(style), ramp(400), wave);
        for (std::size_t i = 0; i < invisible; ++i) {
            std::vector<double> xs = ramp(4000);
            for (double& x : xs) x *= 0.0997;
            plot.setData(plot.addSeries({"saw", QColor(0, 0, 0, 0), 1.0}), xs, saw);
        }
        return plot.grab().toImage();
    };
    const QImage chart = picture(1),
                 direct = picture(12);  // below and above what QtCharts is given
    ASSERT_EQ(chart.size(), direct.size());
    EXPECT_GT(pixelsLike(chart, QColor(255, 0, 0)), 300);
    double difference = 0;
    for (int y = 0; y < chart.height(); ++y)
        for (int x = 0; x < chart.width(); ++x)
            difference += std::abs(qRed(chart.pixel(x, y)) - qRed(direct.pixel(x, y)));
    EXPECT_LT(difference / chart.width() / chart.height(), 1.0);
}

TEST(PlotView, NamesOfLinesThatEndTogetherMakeRoomForEachOther) {
    const auto pixels = [](int lines) {
        PlotView plot("test");
        plot.resize(500, 300);
        plot.setIncluded({0, 30}, {0, 10});
        for (int i = 0; i < lines; ++i) {
            SeriesStyle style{QStringLiteral("a name of line %1").arg(i),
                              i == 0 ? QColor(255, 0, 0) : QColor(0, 0, 255), 1};
            style.endLabel = true;
            plot.setData(plot.addSeries(style), {0, 10}, {5, 5.0 + 0.001 * i});
        }
        const QImage image = plot.grab().toImage();
        return pixelsLike(image.copy(220, 0, image.width() - 220, image.height()),
                          QColor(255, 0, 0));  // right of the lines
    };
    ASSERT_GT(pixels(1), 20);
    EXPECT_GE(pixels(4), pixels(1) / 2) << "the first name is not painted over";
    PlotView plot("test");
    plot.resize(500, 60);  // room for two or three names of six
    for (int i = 0; i < 6; ++i) {
        SeriesStyle style{QStringLiteral("line"), QColor(255, 0, 0), 1};
        style.endLabel = true;
        plot.setData(plot.addSeries(style), {0, 10}, {5, 5});
    }
    EXPECT_FALSE(plot.grab().isNull());
}

TEST(PlotView, AtMostTwoPointsPerPixelColumnOfAMillion) {
    PlotView plot("test");
    plot.resize(500, 300);
    std::vector<double> values(1'000'000);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = std::sin(static_cast<double>(i) * 0.7);
    plot.setData(plot.addSeries({"a", Qt::red}), ramp(values.size()), values);
    plot.grab();
    EXPECT_LE(plot.series()[0].points(plot.axes()).size(), 2 * plot.axes().area.width());
    plot.setCompact(true);  // anything that makes it draw anew
    const double start = test::threadMilliseconds();
    plot.grab();
    EXPECT_LT(test::threadMilliseconds() - start, 50);
}

TEST(PlotView, ZoomHasItsOwnStack) {
    PlotView plot("test");
    plot.resize(400, 300);
    plot.setData(plot.addSeries({"a", Qt::red}), ramp(101), ramp(101));
    plot.grab();
    plot.zoomTo({20, 60});
    plot.zoomTo({30, 40});
    EXPECT_EQ(plot.axes().x, (Range{30, 40}));
    EXPECT_EQ(plot.axes().y, (Range{30, 40}));
    plot.zoomBack();
    EXPECT_EQ(plot.axes().x, (Range{20, 60}));
    QTest::mouseDClick(&plot, Qt::LeftButton, {}, QPoint(200, 150));
    EXPECT_EQ(plot.axes().x, (Range{0, 100}));
}

TEST(PlotView, DraggingZoomsToWhatWasDraggedOver) {
    PlotView plot("test");
    plot.resize(400, 300);
    plot.setData(plot.addSeries({"a", Qt::red}), ramp(101), ramp(101));
    plot.grab();
    const QPoint from(static_cast<int>(plot.axes().pixelX(25)), 100),
        to(static_cast<int>(plot.axes().pixelX(75)), 120);
    QTest::mousePress(&plot, Qt::LeftButton, {}, from);
    QTest::mouseMove(&plot, to);
    QTest::mouseRelease(&plot, Qt::LeftButton, {}, to);
    EXPECT_NEAR(plot.axes().x.low, 25, 1);
    EXPECT_NEAR(plot.axes().x.high, 75, 1);
}

TEST(PlotView, HandleMovesByKeyboardInSteps) {
    PlotView plot("test");
    plot.resize(400, 300);
    plot.setData(plot.addSeries({"a", Qt::red}), ramp(101), ramp(101));
    plot.setHandle(48, 16);
    std::vector<double> moves;
    QObject::connect(&plot, &PlotView::handleMoved, [&](double x) { moves.push_back(x); });
    QTest::keyClick(&plot, Qt::Key_Right);
    QTest::keyClick(&plot, Qt::Key_Left);
    EXPECT_EQ(moves, (std::vector<double>{64, 32}));
}

TEST(PlotView, FeedingAppendsWhatIsNewAndNoticesWhatChanged) {
    PlotView plot("test");
    plot.addSeries({"a", Qt::red});
    Series series{{0, 1, 2}, {5, 6, 7}};
    feedSeries(plot, 0, series, 1, 2);
    series.steps.push_back(3);
    series.values.push_back(8);
    feedSeries(plot, 0, series, 1, 2);
    EXPECT_EQ(plot.series()[0].ys(), (std::vector<double>{10, 12, 14, 16}));
    series = {{0, 1}, {5, 9}};  // a resumed run wrote a step anew
    feedSeries(plot, 0, series, 2, 2);
    EXPECT_EQ(plot.series()[0].ys(), (std::vector<double>{10, 18}));
}

TEST(PlotView, HasAnAccessibleSummaryAndATableTwin) {
    PlotView plot("loss over steps");
    plot.resize(400, 300);
    plot.setXText([](double x) { return QString::number(x); }, "step");
    plot.setData(plot.addSeries({"loss", Qt::red}), {0, 1, 2}, {3, 2, 1});
    plot.grab();
    EXPECT_EQ(plot.accessibleName(), "loss over steps");
    EXPECT_EQ(plot.accessibleDescription(), "Chart: 1 line, 3 points. step 2; loss  1.00");
    EXPECT_EQ(tabSeparated(plot.viewTable()), "step\tloss\n0\t3\n1\t2\n2\t1");
}

}  // namespace
}  // namespace skd
