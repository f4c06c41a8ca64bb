#include "bridge/run_forecast.h"

#include <QCoreApplication>
#include <cmath>

#include "style/format.h"

namespace skd {

namespace {

QString tokensText(double tokens) {
    return QCoreApplication::translate("Forecast", "%1 tokens").arg(formatCount(tokens));
}

}  // namespace

std::optional<RecoveryForecast> forecastOf(const RunCurves& curves) {
    double dense = curves.last("ppl.dense_live");
    if (std::isnan(dense)) dense = curves.last("ppl.dense");
    return forecastOf(curves.details.spec, curves.at("ppl.live"), curves.at("ppl.post_prune"),
                      dense);
}

QString forecastText(const RecoveryForecast& forecast) {
    if (forecast.reachedAt)
        return QCoreApplication::translate("Forecast", "dense level reached after %1")
            .arg(tokensText(*forecast.reachedAt));
    const TokenForecast& tokens = forecast.tokens;
    if (!tokens.isReached())
        return QCoreApplication::translate("Forecast",
                                           "dense level not in reach: the curve flattens at %1")
            .arg(formatPerplexity(forecast.floor));
    if (!std::isfinite(tokens.high))
        return QCoreApplication::translate("Forecast", "dense level after about %1 (at least %2)")
            .arg(tokensText(tokens.tokens), formatCount(tokens.low));
    return QCoreApplication::translate("Forecast", "dense level after about %1 (%2 to %3)")
        .arg(tokensText(tokens.tokens), formatCount(tokens.low), formatCount(tokens.high));
}

}  // namespace skd
