#pragma once

#include "store/run_store.h"

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

}  // namespace skd::fuzz
