#include "events/event.h"

namespace skd {

const char* stageName(Stage stage) {
    switch (stage) {
        case Stage::Load:
            return "load";
        case Stage::Evaluate:
            return "evaluate";
        case Stage::Teacher:
            return "teacher";
        case Stage::Calibrate:
            return "calibrate";
        case Stage::Analyse:
            return "analyse";
        case Stage::Prune:
            return "prune";
        case Stage::Distill:
            return "distill";
        case Stage::Export:
            return "export";
    }
    return "?";
}

const char* outcomeName(Outcome outcome) {
    switch (outcome) {
        case Outcome::Completed:
            return "completed";
        case Outcome::Cancelled:
            return "cancelled";
        case Outcome::Failed:
            return "failed";
        case Outcome::Interrupted:
            return "interrupted";
    }
    return "?";
}

}  // namespace skd
