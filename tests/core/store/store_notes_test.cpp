#include <gtest/gtest.h>

#include "spec/run_spec.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

using test::TemporaryFolder;

class StoreNotes : public testing::Test {
protected:
    void SetUp() override {
        writer = std::move(*RunWriter::open(folder / "w"));
        run = *writer->createRun("a", toJson(RunSpec()), "s");
        store = std::move(*RunStore::open(folder / "w"));
    }
    const TemporaryFolder folder;
    std::unique_ptr<RunWriter> writer;
    std::unique_ptr<RunStore> store;
    RunId run;
};

TEST_F(StoreNotes, TagsAreSortedAndEachOnce) {
    ASSERT_TRUE(writer->setTags(run, {"talk", "", "paper", "talk"}));
    EXPECT_EQ(store->runs()->at(0).tags, (std::vector<std::string>{"paper", "talk"}));
    ASSERT_TRUE(writer->setTags(run, {}));
    EXPECT_TRUE(store->details(run)->row.tags.empty());
    EXPECT_EQ(writer->setTags(RunId(9), {}).error().code, ErrorCode::NotFound);
}

TEST_F(StoreNotes, ColoursAreHexOrNone) {
    ASSERT_TRUE(writer->setColor(run, "#E69F00"));
    EXPECT_EQ(store->runs()->at(0).color, "#E69F00");
    for (const char* wrong : {"red", "#12345", "#1234567", "#12345g", "123456#"})
        EXPECT_EQ(writer->setColor(run, wrong).error().code, ErrorCode::InvalidInput) << wrong;
    EXPECT_EQ(store->runs()->at(0).color, "#E69F00");
    ASSERT_TRUE(writer->setColor(run, ""));
    EXPECT_EQ(store->runs()->at(0).color, "");
}

TEST_F(StoreNotes, AnnotationsStandAtTheirStepAndGoWithTheirRun) {
    const auto late = writer->annotate({{}, run, "ppl.live", 40, "overfits", 0});
    const auto early = writer->annotate({{}, run, "kd.loss", 3, "warm-up", 1234});
    ASSERT_TRUE(late && early);
    const auto rows = store->annotations(run);
    ASSERT_EQ(rows->size(), 2u);
    EXPECT_EQ(rows->at(0).id, *early);
    EXPECT_EQ(rows->at(0).createdMs, 1234);
    EXPECT_EQ(rows->at(1).text, "overfits");
    EXPECT_GT(rows->at(1).createdMs, 1234);
    ASSERT_TRUE(writer->removeAnnotation(*early));
    EXPECT_EQ(writer->removeAnnotation(*early).error().code, ErrorCode::NotFound);
    EXPECT_EQ(writer->annotate({{}, RunId(9), "ppl.live", 0, "x", 0}).error().code,
              ErrorCode::NotFound);
    ASSERT_TRUE(writer->markStatus(run, RunStatus::Completed, "", {}));
    ASSERT_TRUE(writer->softDelete(run));
    ASSERT_TRUE(writer->purge({run}));
    EXPECT_TRUE(store->annotations(run)->empty());
}

TEST_F(StoreNotes, WhatWasRemovedComesBackUnderItsNumberWhereThatIsFree) {
    const auto first = writer->annotate({{}, run, "kd.loss", 1, "first", 11});
    const auto second = writer->annotate({{}, run, "kd.loss", 2, "second", 22});
    ASSERT_TRUE(first && second);
    ASSERT_TRUE(writer->removeAnnotation(*first));
    EXPECT_EQ(writer->annotate({*first, run, "kd.loss", 1, "first", 11}), *first);
    const auto other = writer->annotate({*second, run, "kd.loss", 3, "third", 33});
    ASSERT_TRUE(other);
    EXPECT_NE(*other, *second) << "taken: a new number";
    EXPECT_EQ(store->annotations(run)->size(), 3u);

    const auto kept = writer->keepMeasurement({{}, "profile", "dense", 5, {{"wall", 1.5}}});
    ASSERT_TRUE(kept && writer->removeMeasurement(*kept));
    EXPECT_EQ(writer->keepMeasurement({*kept, "profile", "dense", 5, {{"wall", 1.5}}}), *kept);

    ViewRow view;
    view.name = "a view";
    view.page = "recover";
    view.id = *writer->saveView(view);
    ASSERT_TRUE(writer->removeView(view.id));
    EXPECT_EQ(writer->saveView(view), view.id);
}

TEST_F(StoreNotes, MeasurementsAreKeptByKind) {
    const auto first = writer->keepMeasurement({{}, "profile", "dense", 0, {{"wall", 1.5}}});
    ASSERT_TRUE(writer->keepMeasurement({{}, "benchmark", "table", 0, Json::array({1, 2})}));
    const auto second = writer->keepMeasurement({{}, "profile", "35 %", 0, {{"wall", 1.25}}});
    ASSERT_TRUE(first && second);
    const auto profiles = store->measurements("profile");
    ASSERT_EQ(profiles->size(), 2u);
    EXPECT_EQ(profiles->at(0).id, *second) << "newest first";
    EXPECT_EQ(profiles->at(1).document["wall"], 1.5);
    const auto titles = store->measurements("profile", false);
    ASSERT_EQ(titles->size(), 2u);
    EXPECT_EQ(titles->at(0).title, "35 %");
    EXPECT_TRUE(titles->at(0).document.is_null()) << "documents may be large";
    EXPECT_EQ(store->measurement(*second)->document["wall"], 1.25);
    EXPECT_EQ(store->measurement(*second)->kind, "profile");
    EXPECT_EQ(store->measurement(MeasurementId(99)).error().code, ErrorCode::NotFound);
    ASSERT_TRUE(writer->removeMeasurement(*first));
    EXPECT_EQ(store->measurements("profile")->size(), 1u);
    EXPECT_EQ(store->measurements("benchmark")->size(), 1u);
}

TEST_F(StoreNotes, ViewsKeepTheirOrderAndAreReplaced) {
    ViewRow view{{}, 2, "collapse", "recover", {{"zoom", {1, 2}}}, 0};
    view.id = *writer->saveView(view);
    ASSERT_TRUE(writer->saveView({{}, 1, "ranks", "carve", Json::object(), 0}));
    EXPECT_EQ(store->views()->at(0).name, "ranks");
    view.position = 0;
    EXPECT_EQ(*writer->saveView(view), view.id);
    ASSERT_EQ(store->views()->size(), 2u);
    EXPECT_EQ(store->views()->at(0).name, "collapse");
    EXPECT_EQ(store->views()->at(0).document["zoom"][1], 2);
    ASSERT_TRUE(writer->removeView(view.id));
    EXPECT_EQ(store->views()->size(), 1u);
}

}  // namespace
}  // namespace skd
