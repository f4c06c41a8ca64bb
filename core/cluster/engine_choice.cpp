#include "cluster/engine_choice.h"

#include "base/text.h"
#include "cluster/local_engine.h"
#include "cluster/slurm_engine.h"

namespace skd {

std::size_t EngineChoice::workers() const {
    const std::size_t colon = name.find(':');
    return colon == std::string::npos
               ? 0
               : parseNumber<std::size_t>(name.substr(colon + 1)).value_or(0);
}

Status EngineChoice::check() const {
    const bool isLocal = name == "local" || (name.starts_with("local:") && workers() > 0);
    if (isLocal || isSlurm()) return {};
    return fail(ErrorCode::InvalidInput,
                strCat("--engine \"", name, "\" is unknown; give local, local:4 or slurm"));
}

Result<std::unique_ptr<StudyEngine>> makeStudyEngine(const EngineChoice& choice,
                                                     const StudyFolder& folder,
                                                     const StudySpec& study) {
    SKD_CHECK(choice.check());
    if (!choice.isSlurm())
        return std::unique_ptr<StudyEngine>(std::make_unique<LocalEngine>(
            folder, LocalOptions{choice.workers(), choice.scratch, localDevices()}));
    SlurmOptions options = choice.slurm;
    options.scratch = choice.scratch;
    return std::unique_ptr<StudyEngine>(
        std::make_unique<SlurmEngine>(folder, "sparsekd-" + studyKey(study), options));
}

StudySetup setupFor(const EngineChoice& choice, StudySetup setup, const StudySpec& study) {
    if (choice.isSlurm() && setup.caches.empty())
        setup.caches = resultsFolder(setup, study) / "caches";
    return setup;
}

}  // namespace skd
