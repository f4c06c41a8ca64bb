#pragma once

#include <memory>

#include "cluster/slurm_commands.h"
#include "cluster/study_setup.h"

namespace skd {

/// What carries out a study's runs.
struct EngineChoice {
    std::string name;               ///< "local", "local:4" or "slurm"
    std::filesystem::path scratch;  ///< "" = localScratch() where a worker runs
    SlurmOptions slurm = {};        ///< its scratch is the one above

    [[nodiscard]] bool isSlurm() const { return name == "slurm"; }
    /// Workers that "local:4" names; 0 where it names none.
    [[nodiscard]] std::size_t workers() const;
    /// InvalidInput for a name that is none.
    [[nodiscard]] Status check() const;
};

Result<std::unique_ptr<StudyEngine>> makeStudyEngine(const EngineChoice& choice,
                                                     const StudyFolder& folder,
                                                     const StudySpec& study);

/// `setup` with the caches where all machines of the engine reach them.
StudySetup setupFor(const EngineChoice& choice, StudySetup setup, const StudySpec& study);

}  // namespace skd
