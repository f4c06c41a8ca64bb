#include <gtest/gtest.h>

#include "spec/run_spec.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

TEST(StoreEdit, EachEditDoesWhatItIsCalled) {
    const test::TemporaryFolder folder;
    const auto writer = std::move(*RunWriter::open(folder / "w"));
    const RunId run = *writer->createRun("a", toJson(RunSpec()), "s");
    ASSERT_TRUE(writer->markStatus(run, RunStatus::Completed, "", {}));
    const auto store = std::move(*RunStore::open(folder / "w"));
    const auto row = [&] { return store->details(run)->row; };
    EXPECT_EQ(*writer->apply(RenameRun{run, "b"}), 0);
    EXPECT_EQ(row().name, "b");
    EXPECT_EQ(*writer->apply(SetNotes{run, "n"}), 0);
    EXPECT_EQ(row().notes, "n");
    EXPECT_EQ(*writer->apply(SetTags{run, {"t"}}), 0);
    EXPECT_EQ(row().tags.size(), 1u);
    EXPECT_EQ(*writer->apply(SetColor{run, "#010203"}), 0);
    EXPECT_EQ(row().color, "#010203");
    EXPECT_EQ(*writer->apply(DeleteRun{run}), 0);
    EXPECT_TRUE(row().deleted);
    EXPECT_EQ(*writer->apply(RestoreRun{run}), 0);
    EXPECT_FALSE(row().deleted);
    const auto annotation = writer->apply(Annotate{{{}, run, "kd.ce", 2, "x", 0}});
    EXPECT_EQ(store->annotations(run)->at(0).id.value(), *annotation);
    EXPECT_EQ(*writer->apply(RemoveAnnotation{AnnotationId(*annotation)}), 0);
    EXPECT_TRUE(store->annotations(run)->empty());
    const auto measurement = writer->apply(KeepMeasurement{{{}, "profile", "p", 0, {}}});
    EXPECT_EQ(store->measurements("profile")->at(0).id.value(), *measurement);
    EXPECT_EQ(*writer->apply(RemoveMeasurement{MeasurementId(*measurement)}), 0);
    EXPECT_TRUE(store->measurements("profile")->empty());
    const auto view = writer->apply(SaveView{{{}, 1, "v", "carve", {}, 0}});
    EXPECT_EQ(store->views()->at(0).id.value(), *view);
    EXPECT_EQ(*writer->apply(RemoveView{ViewId(*view)}), 0);
    EXPECT_TRUE(store->views()->empty());
    EXPECT_EQ(writer->apply(SetNotes{RunId(9), ""}).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace skd
