// A study as JSON, and the plan of its runs.
#include "fuzz/fuzz_target.h"
#include "spec/study_plan.h"

namespace skd::fuzz {

void tryInput(std::string_view input) {
    const auto json = parseJson(input);
    if (!json) return;
    const auto study = parseStudySpec(*json);
    if (!study) return;
    require(parseStudySpec(toJson(*study)).has_value(),
            "a study that was read cannot be read back");
    static_cast<void>(studyHash(*study));
    static_cast<void>(planStudy(*study));
}

}  // namespace skd::fuzz
