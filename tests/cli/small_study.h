#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/hash.h"
#include "cli/cli_runner.h"
#include "support/small_corpus.h"
#include "support/temporary_folder.h"

/// A study small enough to be run in a test, and what its runs leave.
namespace skd::test {

/// Four runs of a second or so: two variants, two seeds.
inline std::string smallStudy() {
    return R"({"name": "tiny", "title": "Tiny study", "seeds": [7, 8],
 "base": {"model.path": ")" +
           kModel +
           R"(", "model.threads": 1, "corpus.sequence_length": 48, "corpus.samples": 24,
        "corpus.shares": )" +
           smallSharesText() + R"(, "prune.target": 0.3,
  "prune.rank_multiple": 4, "prune.calibration_tokens": 240, "prune.probe_tokens": 48,
  "distill.steps": 8, "distill.batch": 2, "distill.warmup": 2,
  "distill.learning_rate": 0.002, "distill.eval_every": 4, "distill.checkpoint_every": 2,
  "distill.stop_on_rise": false, "distill.stop_on_plateau": false,
  "eval.max_tokens": 400, "eval.live_tokens": 200, "eval.context": 64},
 "variants": [{"name": "uniform", "overrides": {"prune.ranks": "uniform"}}, {"name": "dense",
 "overrides": {"control": "dense-kd"}}]})";
}

inline std::vector<std::string> studyCommand(const TemporaryFolder& folder) {
    return {"study", (folder / "study.json").string(), "--workspace",
            (folder / "w.sqlite").string()};
}

inline std::vector<std::string> with(std::vector<std::string> arguments,
                                     const std::vector<std::string>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

inline CliResult runStudy(const TemporaryFolder& folder) {
    return runCli(with(studyCommand(folder), {"--json"}), folder.path());
}

/// SHA-256 over all tensors that a run left.
inline std::string tensorsOf(const TemporaryFolder& folder, std::int64_t run) {
    std::vector<std::filesystem::path> files;
    const auto root = folder / ("w.sqlite.files/runs/" + std::to_string(run));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
        if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    Sha256 hash;
    for (const auto& file : files)
        hash.update(file.lexically_relative(root).string() + *sha256File(file));
    return files.empty() ? "none" : hash.hex();
}

/// Status, figures, metrics and tensors of a study's runs by name.
inline std::map<std::string, std::string> record(const TemporaryFolder& folder,
                                                 const Json& outcome) {
    std::map<std::string, std::string> all;
    for (const Json& run : outcome["runs"]) {
        const Json details = show(folder, std::to_string(run["run_id"].get<std::int64_t>()));
        Json metrics = details["metrics"];
        metrics.erase("kd.tokens_per_second");
        all[details["name"].get<std::string>()] =
            dumpJson(details["status"]) + dumpJson(details["post_kd_ppl"]) +
            dumpJson(details["post_prune_ppl"]) + dumpJson(metrics) +
            tensorsOf(folder, run["run_id"].get<std::int64_t>());
    }
    return all;
}

}  // namespace skd::test
