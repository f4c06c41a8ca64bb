#pragma once

#include "base/files.h"
#include "fuzz/fuzz_target.h"
#include "store/run_store.h"
#include "store/run_writer.h"

namespace skd::fuzz {

/// Asks a workspace everything that can be asked of it.
inline void readWorkspace(const std::filesystem::path& file) {
    const auto store = RunStore::open(file);
    if (!store) return;
    const auto runs = (*store)->runs(true);
    for (const RunRow& row : runs.value_or(std::vector<RunRow>{})) {
        static_cast<void>((*store)->details(row.id));
        static_cast<void>((*store)->metrics(row.id));
        static_cast<void>((*store)->events(row.id));
        static_cast<void>((*store)->ranks(row.id));
        static_cast<void>((*store)->annotations(row.id));
        static_cast<void>((*store)->analysis(row.id));
        for (const std::string& name :
             (*store)->metricNames(row.id).value_or(std::vector<std::string>{}))
            static_cast<void>((*store)->series(row.id, name));
    }
    for (const StudyRow& study : (*store)->studies().value_or(std::vector<StudyRow>{}))
        static_cast<void>((*store)->studyRuns(study.id));
    static_cast<void>((*store)->runsBuiltOn());
    static_cast<void>((*store)->queue());
    static_cast<void>((*store)->views());
    static_cast<void>((*store)->latestAnalysis());
    for (const char* kind : {"profile", "benchmark"})
        static_cast<void>((*store)->measurements(kind));
}

/// A workspace without runs, called w.sqlite; made once and copied, since its schema takes longer
/// than most inputs.
inline std::filesystem::path emptyWorkspace() {
    static const std::string bytes = [] {
        const std::filesystem::path file = folder() / "empty.sqlite";
        require(RunWriter::open(file).has_value(), "an empty workspace cannot be made");
        return readFile(file).value_or("");
    }();
    require(!bytes.empty(), "the empty workspace is gone");
    return putFile("w.sqlite", bytes);
}

/// True for one in eight inputs: what is slow is tried with these alone.
inline bool isEighth(std::string_view input) {
    unsigned sum = 0;
    for (const char byte : input) sum += static_cast<unsigned char>(byte);
    return sum % 8 == 0;
}

}  // namespace skd::fuzz
