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
    ASSERT_TRUE(writer->apply(SetTags{run, {"talk", "", "paper", "talk"}}));
    EXPECT_EQ(store->runs()->at(0).tags, (std::vector<std::string>{"paper", "talk"}));
    ASSERT_TRUE(writer->apply(SetTags{run, {}}));
    EXPECT_TRUE(store->details(run)->row.tags.empty());
    EXPECT_EQ(writer->apply(SetTags{RunId(9), {}}).error().code, ErrorCode::NotFound);
}

TEST_F(StoreNotes, ColoursAreHexOrNone) {
    ASSERT_TRUE(writer->apply(SetColor{run, "#E69F00"}));
    EXPECT_EQ(store->runs()->at(0).color, "#E69F00");
    for (const char* wrong : {"red", "#12345", "#1234567", "#12345g", "123456#"})
        EXPECT_EQ(writer->apply(SetColor{run, wrong}).error().code, ErrorCode::InvalidInput)
            << wrong;
    EXPECT_EQ(store->runs()->at(0).color, "#E69F00");
    ASSERT_TRUE(writer->apply(SetColor{run, ""}));
    EXPECT_EQ(store->runs()->at(0).color, "");
}

TEST_F(StoreNotes, AnnotationsStandAtTheirStepAndGoWithTheirRun) {
    const auto late = writer->apply(Annotate{{{}, run, "ppl.live", 40, "overfits", 0}});
    const auto early = writer->apply(Annotate{{{}, run, "kd.loss", 3, "warm-up", 1234}});
    ASSERT_TRUE(late && early);
    const auto rows = store->annotations(run);
    ASSERT_EQ(rows->size(), 2u);
    EXPECT_EQ(rows->at(0).id.value(), *early);
    EXPECT_EQ(rows->at(0).createdMs, 1234);
    EXPECT_EQ(rows->at(1).text, "overfits");
    EXPECT_GT(rows->at(1).createdMs, 1234);
    ASSERT_TRUE(writer->apply(RemoveAnnotation{AnnotationId(*early)}));
    EXPECT_EQ(writer->apply(RemoveAnnotation{AnnotationId(*early)}).error().code,
              ErrorCode::NotFound);
    EXPECT_EQ(writer->apply(Annotate{{{}, RunId(9), "ppl.live", 0, "x", 0}}).error().code,
              ErrorCode::NotFound);
    ASSERT_TRUE(writer->markStatus(run, RunStatus::Completed, "", {}));
    ASSERT_TRUE(writer->apply(DeleteRun{run}));
    ASSERT_TRUE(writer->purge({run}));
    EXPECT_TRUE(store->annotations(run)->empty());
}

TEST_F(StoreNotes, WhatWasRemovedComesBackUnderItsNumberWhereThatIsFree) {
    const auto first = writer->apply(Annotate{{{}, run, "kd.loss", 1, "first", 11}});
    const auto second = writer->apply(Annotate{{{}, run, "kd.loss", 2, "second", 22}});
    ASSERT_TRUE(first && second);
    ASSERT_TRUE(writer->apply(RemoveAnnotation{AnnotationId(*first)}));
    EXPECT_EQ(writer->apply(Annotate{{AnnotationId(*first), run, "kd.loss", 1, "first", 11}}),
              *first);
    const auto other =
        writer->apply(Annotate{{AnnotationId(*second), run, "kd.loss", 3, "third", 33}});
    ASSERT_TRUE(other);
    EXPECT_NE(*other, *second) << "taken: a new number";
    EXPECT_EQ(store->annotations(run)->size(), 3u);

    const auto kept = writer->apply(KeepMeasurement{{{}, "profile", "dense", 5, {{"wall", 1.5}}}});
    ASSERT_TRUE(kept && writer->apply(RemoveMeasurement{MeasurementId(*kept)}));
    EXPECT_EQ(writer->apply(
                  KeepMeasurement{{MeasurementId(*kept), "profile", "dense", 5, {{"wall", 1.5}}}}),
              *kept);

    ViewRow view;
    view.name = "a view";
    view.page = "recover";
    view.id = ViewId(*writer->apply(SaveView{view}));
    ASSERT_TRUE(writer->apply(RemoveView{view.id}));
    EXPECT_EQ(writer->apply(SaveView{view}), view.id.value());
}

TEST_F(StoreNotes, MeasurementsAreKeptByKind) {
    const auto first = writer->apply(KeepMeasurement{{{}, "profile", "dense", 0, {{"wall", 1.5}}}});
    ASSERT_TRUE(writer->apply(KeepMeasurement{{{}, "benchmark", "table", 0, Json::array({1, 2})}}));
    const auto second =
        writer->apply(KeepMeasurement{{{}, "profile", "35 %", 0, {{"wall", 1.25}}}});
    ASSERT_TRUE(first && second);
    const auto profiles = store->measurements("profile");
    ASSERT_EQ(profiles->size(), 2u);
    EXPECT_EQ(profiles->at(0).id.value(), *second) << "newest first";
    EXPECT_EQ(profiles->at(1).document["wall"], 1.5);
    const auto titles = store->measurements("profile", false);
    ASSERT_EQ(titles->size(), 2u);
    EXPECT_EQ(titles->at(0).title, "35 %");
    EXPECT_TRUE(titles->at(0).document.is_null()) << "documents may be large";
    EXPECT_EQ(store->measurement(MeasurementId(*second))->document["wall"], 1.25);
    EXPECT_EQ(store->measurement(MeasurementId(*second))->kind, "profile");
    EXPECT_EQ(store->measurement(MeasurementId(99)).error().code, ErrorCode::NotFound);
    ASSERT_TRUE(writer->apply(RemoveMeasurement{MeasurementId(*first)}));
    EXPECT_EQ(store->measurements("profile")->size(), 1u);
    EXPECT_EQ(store->measurements("benchmark")->size(), 1u);
}

TEST_F(StoreNotes, ViewsKeepTheirOrderAndAreReplaced) {
    ViewRow view{{}, 2, "collapse", "recover", {{"zoom", {1, 2}}}, 0};
    view.id = ViewId(*writer->apply(SaveView{view}));
    ASSERT_TRUE(writer->apply(SaveView{{{}, 1, "ranks", "carve", Json::object(), 0}}));
    EXPECT_EQ(store->views()->at(0).name, "ranks");
    view.position = 0;
    EXPECT_EQ(*writer->apply(SaveView{view}), view.id.value());
    ASSERT_EQ(store->views()->size(), 2u);
    EXPECT_EQ(store->views()->at(0).name, "collapse");
    EXPECT_EQ(store->views()->at(0).document["zoom"][1], 2);
    ASSERT_TRUE(writer->apply(RemoveView{view.id}));
    EXPECT_EQ(store->views()->size(), 1u);
}

}  // namespace
}  // namespace skd
