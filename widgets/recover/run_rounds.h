#pragma once

#include "bridge/run_curves.h"

namespace skd {

/// A round of prune and distil as a run's curves tell it.
struct RoundMark {
    int number = 1;
    double step = 0;  ///< optimiser step of its cut
    double target = std::nan(
        "");  ///< share removed at its end, of the dense model; NaN where the spec has none
    double gateKl = std::nan(
        "");  ///< nats per token that its cut moved the output by; NaN where no gate measured
    double limit = std::nan("");  ///< what the gate lets pass
    int refusals = 0;             ///< cuts that were refused before this one
    bool rolledBack = false;      ///< its last cut was refused: the model is the one before it
};

/// Rounds that were cut, and one whose cut was refused at the end. Empty before the first cut.
std::vector<RoundMark> roundsOf(const RunCurves& curves);
/// Live perplexity right after the last cut that was not rolled back: what distillation has to undo
/// now. NaN where the live curve has no value there.
double lastCollapse(const RunCurves& curves);
/// Step and value of the lowest live perplexity since that cut; nothing where none was measured.
/// Values of earlier rounds are of models that were larger.
std::optional<std::pair<double, double>> bestSinceCut(const RunCurves& curves);
/// Rounds the spec plans; at least 1.
int plannedRounds(const Json& spec);
/// Optimiser steps of all rounds together; 0 where the spec is not known.
double plannedSteps(const Json& spec);
/// The same of a run; where it has a budget those that it came to, 0 before that is settled.
double plannedStepsOf(const RunCurves& curves);
/// "gate 0.93 ✓" or "gate 7.85 > 6 ✗"; empty where no gate measured.
QString gateText(const RoundMark& round);

}  // namespace skd
