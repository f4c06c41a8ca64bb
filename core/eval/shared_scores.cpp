#include "eval/shared_scores.h"

#include <algorithm>

namespace skd {
namespace {

/// Of a window: the sum, then each token's loss.
std::int64_t lossCount(const Window& window) {
    return 1 + window.scored();
}

std::int64_t lossCount(const std::vector<Window>& windows, std::int64_t end) {
    std::int64_t values = 0;
    for (std::int64_t i = 0; i < end; ++i)
        values += lossCount(windows[static_cast<std::size_t>(i)]);
    return values;
}

Status addCalibration(CalibrationMeter& calibration, Communicator& devices) {
    const at::Tensor sums = at::empty({CalibrationMeter::kSums}, at::kDouble);
    auto own = calibration.sums();
    std::ranges::copy(own, sums.mutable_data_ptr<double>());
    SKD_CHECK(devices.sum(sums));
    std::copy_n(sums.const_data_ptr<double>(), own.size(), own.begin());
    calibration.setSums(own);
    return {};
}

}  // namespace

Result<std::vector<WindowScore>> gatherScores(std::vector<WindowScore> own,
                                              const std::vector<Window>& windows,
                                              CalibrationMeter& calibration,
                                              Communicator& devices) {
    const auto count = static_cast<std::int64_t>(windows.size());
    const at::Tensor all = at::zeros({lossCount(windows, count)}, at::kDouble);
    // What others have scored is zero here, and zero plus a value is that value.
    const std::int64_t first = shareOf(count, devices.rank(), devices.size()).first;
    auto* out = all.mutable_data_ptr<double>() + lossCount(windows, first);
    for (const WindowScore& score : own) {
        *out++ = score.nll;
        out = std::ranges::copy(score.each(), out).out;
    }
    SKD_CHECK(devices.sum(all));
    SKD_CHECK(addCalibration(calibration, devices));
    std::vector<WindowScore> scores;
    std::int64_t begin = 0;
    for (const Window& window : windows) {
        scores.push_back(
            {all.const_data_ptr<double>()[begin], all.narrow(0, begin + 1, window.scored())});
        begin += lossCount(window);
    }
    return scores;
}

}  // namespace skd
