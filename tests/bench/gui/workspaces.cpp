#include "workspaces.h"

#include <cmath>

#include "base/text.h"
#include "spec/run_spec.h"
#include "store/run_writer.h"
#include "widgets/support/synthetic_workspace.h"

namespace skd::bench {

namespace {

constexpr int kBytesPerRow = 28;  ///< of a metric in SQLite, measured on a generated file

Result<RunId> makeRun(RunWriter& writer, int number) {
    RunSpec spec;
    spec.name = strCat("run ", number, number % 3 == 0 ? " · tiered" : " · uniform", " · seed ",
                       40 + number % 7);
    spec.seed = number;
    spec.prune.target = 0.1 + 0.05 * (number % 10);
    SKD_TRY(const RunId run, writer.createRun(spec.name, toJson(spec), strCat("hash", number)));
    SKD_CHECK(writer.markStarted(run, Json{{"device", "cpu"}, {"threads", 2}}));
    return run;
}

Status finish(RunWriter& writer, RunId run, int number) {
    return writer.markStatus(run, RunStatus::Completed, "plateau",
                             readRunSummary({{"dense_ppl", 36.0},
                                             {"post_prune_ppl", 60.0 + number % 500},
                                             {"post_kd_ppl", 40.0 + number % 90},
                                             {"mlp_removed", 0.15}}));
}

}  // namespace

Status writeManyRuns(const std::filesystem::path& file, int runs) {
    SKD_TRY(const auto writer, RunWriter::open(file));
    for (int i = 0; i < runs; ++i) {
        SKD_TRY(const RunId run, makeRun(*writer, i));
        writer->appendMetrics(
            run, {{"ppl.live", 0, 60.0, 1}, {"ppl.live", 10, 50.0, 2}, {"ppl.live", 20, 44.0, 3}});
        SKD_CHECK(finish(*writer, run, i));
    }
    return writer->flush();
}

Status writeLargeWorkspace(const std::filesystem::path& file, int megabytes) {
    SKD_CHECK(test::writeSyntheticWorkspace(file, 30));
    SKD_TRY(const auto writer, RunWriter::open(file));
    const std::int64_t rows = static_cast<std::int64_t>(megabytes) * 1'000'000 / kBytesPerRow;
    constexpr std::int64_t kRowsPerRun = 1'000'000;
    for (std::int64_t written = 0; written < rows; written += kRowsPerRun) {
        SKD_TRY(const RunId run, makeRun(*writer, static_cast<int>(written / kRowsPerRun)));
        std::vector<MetricRow> block;
        for (std::int64_t step = 0; step < kRowsPerRun; ++step) {
            block.push_back({"ppl.live", step,
                             36 + 30 * std::exp(-static_cast<double>(step) / 2e5) +
                                 0.3 * std::sin(static_cast<double>(step)),
                             step + 1});
            if (block.size() == 50'000) {
                writer->appendMetrics(run, std::exchange(block, {}));
                SKD_CHECK(writer->flush());
            }
        }
        SKD_CHECK(finish(*writer, run, static_cast<int>(written / kRowsPerRun)));
    }
    return writer->flush();
}

}  // namespace skd::bench
