// A run of MLflow: a database where the input is one, else the files of a run. One in eight is
// imported as well.
#include "exchange/foreign_runs.h"
#include "fuzz/fuzz_store.h"
#include "fuzz/fuzz_target.h"

namespace skd::fuzz {
namespace {

constexpr std::array kFiles{"mlruns/0/a/meta.yaml", "mlruns/0/a/metrics/loss",
                            "mlruns/0/a/params/lr", "mlruns/0/a/tags/mlflow.runName",
                            "mlruns/0/meta.yaml"};

}  // namespace

void tryInput(std::string_view input) {
    clearFolder();
    if (input.starts_with("SQLite format 3")) {
        putFile("mlruns/mlflow.db", input);
    } else {
        const auto parts = partsOf(input, kFiles.size());
        for (std::size_t i = 0; i < kFiles.size(); ++i) putFile(kFiles[i], parts[i]);
    }
    if (!readMlflowRuns(folder() / "mlruns") || !isEighth(input)) return;
    static_cast<void>(importForeign(emptyWorkspace(), folder() / "mlruns", ImportFormat::Mlflow));
}

}  // namespace skd::fuzz
