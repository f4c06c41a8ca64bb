#include <QLabel>
#include <QToolButton>
#include <iostream>

#include "carve/fader_bank.h"
#include "carve/master_fader.h"
#include "carve/size_sweep.h"
#include "charts/plot/plot_view.h"
#include "ranks/rank_rules.h"
#include "style/format.h"
#include "widgets/support/gui_fixture.h"
#include "widgets/support/loop_watch.h"

namespace skd::test {
namespace {

const std::vector<FrontPoint> kNodes{{0.15, 45.4, 0.4},
                                     {0.25, 61.0, 0.5},
                                     {0.35, 76.5, 0.6},
                                     {0.51, 115.0, 0.9},
                                     {0.65, 177.0, 1.4}};

ElasticSizesPtr sizesOf(const Analysis& analysis, std::vector<ElasticEnergy> energies = {},
                        std::vector<AnswerSet> answers = {}) {
    std::vector<std::vector<double>> tails;
    std::vector<AllocationItem> items;
    std::vector<std::string> names;
    tails.reserve(analysis.matrices.size());
    for (const MatrixSpectrum& matrix : analysis.matrices) {
        tails.push_back(squaredTail(matrix.weighted));
        items.push_back({matrix.info.rows, matrix.info.columns, &tails.back(), 1, {}});
        items.back().form = MatrixForm::IdentityBlock;
        names.push_back(matrix.info.name);
    }
    auto path = NestedPath::plan(items, names, {.largest = 0.15, .smallest = 0.65});
    EXPECT_TRUE(path) << path.error().message;
    auto sizes = ElasticSizes::fit({RunId(3), QStringLiteral("elastic"), *std::move(path), kNodes,
                                    std::move(energies), std::move(answers)},
                                   analysis);
    EXPECT_TRUE(sizes) << sizes.error().message;
    return *std::move(sizes);
}

class CarveSizesTest : public GuiTest {
protected:
    void SetUp() override {
        GuiTest::SetUp();
        const AnalysisPtr analysis = carve().state().plan().shared();
        m_sizes = sizesOf(*analysis);
        carve().state().openSizes(analysis, m_sizes, 0.35);
    }
    QString figure() { return find<QLabel>("price.perplexity").text(); }
    QString place() { return find<QLabel>("price.place").text(); }
    const std::vector<std::int64_t>& ranks() { return carve().state().snapshot().ranks; }

    ElasticSizesPtr m_sizes;
};

TEST_F(CarveSizesTest, ANodeShowsWhatWasMeasuredWithItsInterval) {
    EXPECT_TRUE(find<QLabel>("carve.badge").isVisible());
    EXPECT_EQ(figure(), formatPerplexity(76.5));
    EXPECT_TRUE(place().startsWith("on the path: run:3@")) << place().toStdString();
    EXPECT_FALSE(find<QLabel>("price.perplexity").font().italic());
    EXPECT_EQ(carve().state().undoStack().count(), 0);
}

TEST_F(CarveSizesTest, TheMasterMovesAllLayersAlongThePathAtOnce) {
    auto& master = find<MasterFader>("carve.master");
    master.setFocus();
    QTest::keyClicks(&master, "42");
    QTest::keyClick(&master, Qt::Key_Return);
    EXPECT_EQ(ranks(), m_sizes->ranksAt(0.42));
    const double removed = m_sizes->removedBy(ranks());
    EXPECT_NEAR(removed, 0.42, 0.005);
    EXPECT_EQ(figure(), "≈ " + formatPerplexity(m_sizes->front().pplAt(removed)));
    EXPECT_TRUE(find<QLabel>("price.perplexity").font().italic()) << "no measurement";
    const double before = threadMilliseconds();
    for (int i = 0; i < 10; ++i) static_cast<void>(m_sizes->ranksAt(0.15 + 0.05 * i));
    EXPECT_LE((threadMilliseconds() - before) / 10, 5);
    QTest::keyClick(m_window.get(), Qt::Key_Z, Qt::ControlModifier);
    EXPECT_EQ(ranks(), m_sizes->ranksAt(0.35));
}

/// From a fader to the ranks, their price and what is known of the size, with every card told.
TEST_F(CarveSizesTest, AFaderIsPricedWithinFiveMilliseconds) {
    constexpr int kMoves = 40;
    double along = 0, beside = 0;
    for (int i = 0; i < kMoves; ++i) {
        double begin = threadMilliseconds();
        carve().state().moveAlongPath(0.15 + 0.5 * i / kMoves);
        along += threadMilliseconds() - begin;
        begin = threadMilliseconds();
        carve().state().setShares({{i % 30, 0.3}});
        beside += threadMilliseconds() - begin;
    }
    std::cout << "along the path " << along / kMoves << " ms, one layer " << beside / kMoves
              << " ms\n";
    EXPECT_LE(along / kMoves, 5);
    EXPECT_LE(beside / kMoves, 5);
}

TEST_F(CarveSizesTest, EnergiesAreThoseOfTheTrainedFactorsWhereTheyAreRecorded) {
    const AnalysisPtr analysis = carve().state().plan().shared();
    const double start = carve().state().energyAt(0, 40);
    auto sizes = sizesOf(*analysis, {{analysis->matrices[0].info.name, 16, {1, 0.6, 0.5, 0.1, 0}}});
    carve().state().openSizes(analysis, sizes, 0.35);
    EXPECT_DOUBLE_EQ(carve().state().energyAt(0, 32), 1 - 0.25);
    EXPECT_DOUBLE_EQ(carve().state().energyAt(0, 40), 1 - 0.3 * 0.3) << "halfway, by the error";
    EXPECT_DOUBLE_EQ(carve().state().energyAt(0, 64), 1);
    EXPECT_EQ(carve().state().energyAt(1, 32), 1) << "of a run that holds it whole";
    EXPECT_NE(carve().state().energyAt(0, 40), start);
    carve().state().selection().select({0}, 0);
    const std::vector<PlotSeries>& drawn = find<PlotView>("carve.spectrum").series();
    ASSERT_EQ(drawn.size(), 2u);
    EXPECT_EQ(drawn[0].style.name, "before training");
    carve().state().selection().select({1}, 1);
    EXPECT_NE(find<PlotView>("carve.spectrum").series().front().style.name, "before training");
}

TEST_F(CarveSizesTest, AnswersOfTheNearestNodeStandInThePlaceOfTheSpectrum) {
    EXPECT_FALSE(find<QToolButton>("carve.answers").isVisible()) << "none are recorded";
    const AnalysisPtr analysis = carve().state().plan().shared();
    std::vector<AnswerSet> answers;
    for (const double removed : {0.15, 0.35, 0.65}) {
        RecordedAnswer said{"Why?", "at " + std::to_string(removed).substr(0, 4), 2, "stop"};
        answers.push_back({kRecoveredAnswers, 1, 9, 42, {said}, removed});
    }
    carve().state().openSizes(analysis, sizesOf(*analysis, {}, answers), 0.35);
    auto& button = find<QToolButton>("carve.answers");
    ASSERT_TRUE(button.isVisible());
    QTest::mouseClick(&button, Qt::LeftButton);
    EXPECT_FALSE(find<PlotView>("carve.spectrum").isVisible());
    const auto said = [this] { return find<QLabel>("carve.answer").text(); };
    EXPECT_EQ(said(), "at 0.35");
    carve().state().moveAlongPath(0.6);
    EXPECT_EQ(said(), "at 0.65");
    QTest::mouseClick(&button, Qt::LeftButton);
    EXPECT_TRUE(find<PlotView>("carve.spectrum").isVisible());
    QTest::mouseClick(&find<QToolButton>("carve.sweep"), Qt::LeftButton);
    EXPECT_TRUE(button.isChecked()) << "a sweep shows them";
    EXPECT_EQ(said(), "at 0.15");
}

TEST_F(CarveSizesTest, ALayerFaderLeadsOffThePathWhereAnEstimateSaysSo) {
    auto& faders = find<FaderBank>("carve.faders");
    faders.setCurrent(12);
    QTest::keyClick(&faders, Qt::Key_PageDown);
    EXPECT_TRUE(place().contains("off the path")) << place().toStdString();
    EXPECT_TRUE(figure().startsWith("(")) << figure().toStdString();
    EXPECT_GT(m_sizes->positionOf(ranks()).segments, 0);
}

TEST_F(CarveSizesTest, FadersEndAtTheRanksThatWereTrained) {
    carve().state().setShares({{5, 1.0}});
    const std::vector<std::int64_t> largest = m_sizes->ranksAt(0.15);
    for (const std::size_t i : carve().state().layerMatrices(5)) EXPECT_EQ(ranks()[i], largest[i]);
    carve().state().setShares({{5, -1.0}});
    for (const std::size_t i : carve().state().layerMatrices(5))
        EXPECT_LE(ranks()[i], m_sizes->ranksAt(0.65)[i]);
}

TEST_F(CarveSizesTest, RanksByHandStayWithinThoseThatWereTrained) {
    const std::vector<std::int64_t> least = m_sizes->ranksAt(0.65), most = m_sizes->ranksAt(0.15);
    for (const std::int64_t rank : {1, 100, 320, 5000, 0}) {
        carve().state().setRanks({0, 40}, rank);
        for (const std::size_t i : {std::size_t{0}, std::size_t{40}}) {
            EXPECT_EQ(ranks()[i] % 16, 0);
            EXPECT_LE(ranks()[i], most[i] == 0 ? 576 : most[i]) << rank;
            EXPECT_TRUE(ranks()[i] >= 32 || ranks()[i] == most[i]) << rank;
        }
    }
    carve().state().nudgeRanks({40}, -1000);
    EXPECT_GE(ranks()[40], 32) << "the path's floor";
    EXPECT_LE(ranks()[40], least[40]);
}

TEST_F(CarveSizesTest, AReferenceNamesTheSizeThatIsShown) {
    for (double size = 0.15; size <= 0.65; size += 0.01) {
        const std::vector<std::int64_t> shown = m_sizes->ranksAt(size);
        const RunReference reference = m_sizes->reference(shown);
        ASSERT_TRUE(reference.removed);
        EXPECT_EQ(m_sizes->ranksAt(*reference.removed), shown) << reference.text();
    }
}

TEST_F(CarveSizesTest, OnlyTheRunsOwnModelIsMeasured) {
    carve().state().moveAlongPath(0.5);
    auto dense = std::make_shared<Analysis>(*carve().state().plan().shared());
    dense->model.path = "run:3";
    m_session->say(AnalysisReady{RunId{}, dense});
    ASSERT_TRUE(waitFor([&] { return m_window->monitor().modelOpen(); }));
    ASSERT_NE(carve().state().sizes(), nullptr) << "the page stays over the run";
    ASSERT_TRUE(waitFor([&] { return !m_session->previews.empty(); }));
    EXPECT_EQ(m_session->previews.back().ranks, ranks());
    PreviewReady ready;
    ready.serial = m_session->previews.back().serial;
    ready.perplexity = 111, ready.low = 109, ready.high = 113, ready.densePerplexity = 36;
    m_session->say(ready);
    ASSERT_TRUE(waitFor([&] { return figure() == formatPerplexity(111); }));
    EXPECT_FALSE(find<QLabel>("price.perplexity").font().italic());
    EXPECT_TRUE(find<QLabel>("price.detail").text().contains("preview"));
}

TEST_F(CarveSizesTest, TheRunThatWouldStartTrainsTheSliceOn) {
    RunSpec spec;
    carve().contribute(spec);
    EXPECT_EQ(spec.model.path, m_sizes->reference(ranks()).text());
    EXPECT_EQ(spec.prune.method, PruneMethod::None);
}

TEST_F(CarveSizesTest, TheSweepRestsAtNodesAndEndsAtTheSmallest) {
    SizeSweep sweep(carve().state());
    EXPECT_EQ(sweep.sizeAt(0), 0.15);
    EXPECT_EQ(sweep.sizeAt(SizeSweep::kRest), 0.15);
    double last = 0.15;
    int rests = 0;
    for (double at = 0; at < SizeSweep::kTravel + 6 * SizeSweep::kRest;
         at += SizeSweep::kRest / 4) {
        const double size = sweep.sizeAt(at);
        EXPECT_GE(size, last);
        rests += size == last ? 1 : 0;
        last = size;
    }
    EXPECT_EQ(last, 0.65);
    EXPECT_GE(rests, 5 * 3);
    auto& button = find<QToolButton>("carve.sweep");
    QTest::mouseClick(&button, Qt::LeftButton);
    EXPECT_EQ(ranks(), m_sizes->ranksAt(0.15));
    EXPECT_EQ(figure(), formatPerplexity(45.4));
    QTest::mouseClick(&button, Qt::LeftButton);
    EXPECT_EQ(carve().state().undoStack().count(), 1) << "a sweep is one step";
}

}  // namespace
}  // namespace skd::test
