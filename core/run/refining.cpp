#include "run/refining.h"

#include "base/hash.h"
#include "base/text.h"
#include "run/stage_scope.h"
#include "spec/spec_identity.h"

namespace skd {
namespace {

Result<Decoder> uncutModel(const RunWork& work, const TeacherSource& teacher) {
    if (teacher.isOriginal(work)) return teacher.model().decoder;
    SKD_TRY(OpenModel opened, work.reopen());
    return std::move(opened.decoder);
}

void sayRefined(const RunWork& work, const RefineReport& report) {
    work.context.log(
        log::Level::Info,
        strCat("block refinement: mean error ", formatNumber(report.meanBefore(), 4), " before, ",
               formatNumber(report.meanAfter(), 4), " after, of the variance of a block's output; ",
               report.unchanged, " of ", report.before.size(), " blocks keep their weights"));
}

}  // namespace

Result<std::optional<RefineReport>> refineStudent(RunWork& work, const TeacherSource& teacher,
                                                  std::size_t round) {
    StageScope stage(work.context, Stage::Refine, "block refinement");
    SKD_TRY(Decoder uncut, uncutModel(work, teacher));
    const RefineEnvironment environment{
        work.files.blocks(round), sha256Hex(dumpJson(specIdentity(work.spec))), work.student.sha256,
        work.model.summary.weightsSha256, static_cast<std::int64_t>(round) - 1};
    SKD_TRY(RefineReport report, refineBlocks(work.student.decoder, std::move(uncut), *work.corpus,
                                              work.spec.refine, environment, work.context));
    if (report.cancelled) {
        work.state.charge(Stage::Refine, stage.seconds());
        SKD_CHECK(work.state.put(strCat("round", round, ".refined_blocks"), report.after.size()));
        return std::optional<RefineReport>();
    }
    sayRefined(work, report);
    report.seconds = stage.seconds();
    stage.finish(report.toJson());
    return std::optional(std::move(report));
}

}  // namespace skd
