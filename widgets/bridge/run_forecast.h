#pragma once

#include "bridge/run_curves.h"
#include "store/run_forecast.h"

namespace skd {

/// When a run's live perplexity reaches the dense model's, by what is known of its curve now.
std::optional<RecoveryForecast> forecastOf(const RunCurves& curves);
/// "dense level after about 2.13 M tokens (1.4 M to 3.3 M)", or that it was reached, or never is.
QString forecastText(const RecoveryForecast& forecast);

}  // namespace skd
