#include "base/text.h"
#include "bench/row.h"

namespace skd::bench {
namespace {

Json sideJson(const BenchSide& side) {
    Json json{{"what", side.what},
              {"measured", side.measured},
              {"seconds", spreadJson(side.seconds)},
              {"rate", side.rate}};
    json["peak_bytes"] = side.peakBytes > 0 ? Json(side.peakBytes) : Json();
    return json;
}

Json rowJson(const BenchRow& row) {
    Json json{
        {"name", row.name}, {"work", row.work}, {"unit", row.unit}, {"to_reach", row.toReach}};
    if (!row.missing.empty()) json["missing"] = row.missing;
    if (row.error)
        json["error"] = {{"code", enumName(row.error->code)}, {"message", row.error->message}};
    if (!row.missing.empty() || row.error) return json;
    json["units"] = row.units;
    json["rounds"] = row.rounds;
    json["ours"] = sideJson(row.ours);
    json["reference"] = sideJson(row.reference);
    json["bound"] = {{"what", row.bound.what},
                     {"value", row.bound.value},
                     {"unit", row.bound.unit},
                     {"amount", row.bound.amount},
                     {"seconds", row.bound.seconds}};
    json["ratio"] = spreadJson(row.ratio);
    json["share"] = row.share;
    json["reached"] = row.reached ? Json(*row.reached) : Json();
    json["details"] = row.details;
    return json;
}

}  // namespace

Json spreadJson(const Spread& spread) {
    return {{"median", spread.median}, {"low", spread.low}, {"high", spread.high}};
}

Json BenchReport::toJson() const {
    Json list = Json::array();
    for (const BenchRow& row : rows) list.push_back(rowJson(row));
    return {{"format", "sparsekd-bench"},
            {"version", 1},
            {"machine", machine},
            {"model", model},
            {"arithmetic", arithmetic},
            {"rounds", rounds},
            {"quick", quick},
            {"load_before", loadBefore},
            {"load_after", loadAfter},
            {"cancelled", cancelled},
            {"rows", std::move(list)}};
}

std::string Target::text(const std::string& unit) const {
    std::string out;
    const auto add = [&](double value, const std::string& words) {
        if (value > 0) appendPart(out, words);
    };
    add(ratio, strCat(formatNumber(ratio, 3), " x the reference's speed"));
    add(memory, strCat("1/", formatNumber(memory, 3), " of its memory"));
    add(share, strCat(formatNumber(share * 100, 3), " % of the bound"));
    add(seconds, strCat("at most ", formatNumber(seconds, 3), " s"));
    add(rate, strCat(formatNumber(rate, 6), " ", unit, "/s"));
    if (*elsewhere != '\0') appendPart(out, elsewhere);
    return out;
}

}  // namespace skd::bench
