#include "eval/profile/profile_summary.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace skd {
namespace {

double seconds(std::int64_t ns) {
    return static_cast<double>(ns) / 1e9;
}

double valueOr0(const std::map<Module, double>& values, Module module) {
    const auto found = values.find(module);
    return found != values.end() ? found->second : 0;
}

double mlpSum(const std::map<Module, double>& values) {
    double sum = 0;
    for (const auto& [module, value] : values)
        if (isMlpMatrix(module)) sum += value;
    return sum;
}

/// 1 where there is nothing to compare with: a model without MLP matrices.
double ratio(double value, double reference) {
    return reference > 0 ? value / reference : 1;
}

using ModuleSeries = std::map<Module, std::vector<double>>;  ///< seconds by round

ModuleSeries seriesOf(const std::vector<ProfileRound>& rounds) {
    ModuleSeries series;
    for (std::size_t i = 0; i < rounds.size(); ++i)
        for (const auto& [module, value] : rounds[i].moduleSeconds())
            series.try_emplace(module, rounds.size(), 0.0).first->second[i] = value;
    return series;
}

std::size_t typicalRound(const ModuleSeries& series, std::size_t rounds) {
    std::vector<double> distances(rounds, 0.0);
    for (const auto& [module, values] : series) {
        const double median = Spread::of(values).median;
        for (std::size_t i = 0; i < rounds; ++i) distances[i] += std::abs(values[i] - median);
    }
    return static_cast<std::size_t>(std::min_element(distances.begin(), distances.end()) -
                                    distances.begin());
}

std::map<Module, std::int64_t> callsOf(const ProfileRound& round) {
    std::map<Module, std::int64_t> calls;
    for (const ProfileRecord& record : round.records)
        if (record.scope && record.module != Module::Gap) ++calls[record.module];
    return calls;
}

std::vector<OperatorTime> operatorsOf(const ProfileRound& round) {
    std::map<std::pair<std::string, Module>, OperatorTime> times;
    for (const ProfileRecord& record : round.records) {
        OperatorTime& time = times[{record.name, record.module}];
        time.name = record.name;
        time.module = record.module;
        time.seconds += seconds(record.selfNs);
        ++time.calls;
    }
    std::vector<OperatorTime> operators;
    for (auto& [key, time] : times) {
        time.share = round.seconds > 0 ? time.seconds / round.seconds : 0;
        operators.push_back(std::move(time));
    }
    std::stable_sort(operators.begin(), operators.end(),
                     [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
    return operators;
}

}  // namespace

std::map<Module, double> ProfileRound::moduleSeconds() const {
    std::map<Module, double> times;
    for (const ProfileRecord& record : records) times[record.module] += skd::seconds(record.selfNs);
    return times;
}

ProfileRound roundOf(std::vector<ProfileRecord> records) {
    ProfileRound round;
    const auto outermost = std::find_if(records.begin(), records.end(), [](const ProfileRecord& r) {
        return r.scope && r.module == Module::Gap;
    });
    if (outermost == records.end()) return round;
    const std::int64_t begin = outermost->beginNs;
    round.seconds = seconds(outermost->endNs - begin);
    for (ProfileRecord& record : records) {
        if (record.beginNs < begin) continue;
        record.beginNs -= begin;
        record.endNs -= begin;
        round.records.push_back(std::move(record));
    }
    return round;
}

ModelProfile summariseRounds(std::vector<ProfileRound> rounds,
                             const std::map<Module, double>& flops) {
    ModelProfile profile;
    std::vector<double> walls;
    for (const ProfileRound& round : rounds) walls.push_back(round.seconds);
    profile.wall = Spread::of(walls);
    const ModuleSeries series = seriesOf(rounds);
    const std::size_t which = typicalRound(series, rounds.size());
    ProfileRound& typical = rounds[which];
    const std::map<Module, std::int64_t> calls = callsOf(typical);
    for (const auto& [module, values] : series) {
        const double own = values[which], share = typical.seconds > 0 ? own / typical.seconds : 0;
        const auto called = calls.find(module);
        profile.modules.push_back({module, own, share, Spread::of(values),
                                   called != calls.end() ? called->second : 0,
                                   valueOr0(flops, module)});
        if (isAttributed(module)) profile.attributed += share;
    }
    profile.operators = operatorsOf(typical);
    profile.timeline = std::move(typical.records);
    return profile;
}

ProfileComparison compareRounds(const std::vector<ProfileRound>& first,
                                const std::vector<ProfileRound>& other,
                                const std::map<Module, double>& firstFlops,
                                const std::map<Module, double>& otherFlops) {
    std::vector<double> speedUps, mlpTimes, otherTimes, shares;
    for (std::size_t i = 0; i < std::min(first.size(), other.size()); ++i) {
        const double mlp = mlpSum(first[i].moduleSeconds()),
                     otherMlp = mlpSum(other[i].moduleSeconds());
        speedUps.push_back(ratio(first[i].seconds, other[i].seconds));
        mlpTimes.push_back(ratio(otherMlp, mlp));
        otherTimes.push_back(ratio(other[i].seconds - otherMlp, first[i].seconds - mlp));
        shares.push_back(mlp / first[i].seconds);
    }
    ProfileComparison comparison;
    const double share = Spread::of(shares).median;
    comparison.speedUp = Spread::of(speedUps);
    comparison.mlpTime = Spread::of(mlpTimes);
    comparison.otherTime = Spread::of(otherTimes);
    comparison.mlpFlops = ratio(mlpSum(otherFlops), mlpSum(firstFlops));
    comparison.predicted = 1 / (1 - share + share * comparison.mlpFlops);
    comparison.ceiling = 1 / (1 - share);
    return comparison;
}

}  // namespace skd
