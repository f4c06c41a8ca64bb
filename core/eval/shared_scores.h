#pragma once

#include "eval/window_scoring.h"
#include "model/parallel/communicator.h"

namespace skd {

/// The scores of all windows, in every process, from those of each process' share (shareOf), and
/// the sum of what their calibration meters have counted. Losses are passed on as they are: the
/// figures are those of one process, bit for bit where it scores a window with the same bits.
Result<std::vector<WindowScore>> gatherScores(std::vector<WindowScore> own,
                                              const std::vector<Window>& windows,
                                              CalibrationMeter& calibration, Communicator& devices);

}  // namespace skd
