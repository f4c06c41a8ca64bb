#include "cli/profile_table.h"

#include <string>

#include "base/table.h"
#include "base/text.h"

namespace skd::cli {
namespace {

constexpr std::size_t kOperatorLines = 10;

std::string milliseconds(double seconds) {
    return formatFixed(seconds * 1000, 1);
}
std::string percent(double share) {
    return formatFixed(share * 100, 1) + " %";
}
std::string withSpread(const Spread& s, int decimals, double factor = 1) {
    return strCat(formatFixed(s.median * factor, decimals), " (",
                  formatFixed(s.low * factor, decimals), " - ",
                  formatFixed(s.high * factor, decimals), ")");
}

std::string heading(const ModelProfile& model) {
    return strCat("\n", model.name, ", ", groupDigits(model.parameters),
                  " parameters: ", withSpread(model.wall, 1, 1000), " ms, ",
                  percent(model.attributed), " of it in named parts\n");
}

std::string moduleTable(const ModelProfile& model) {
    TextTable table{.header = {"part", "ms", "share", "calls", "GFLOP", "GFLOP/s"},
                    .figures = true};
    for (const ModuleTime& time : model.modules)
        table.rows.push_back({enumName(time.module), milliseconds(time.seconds),
                              percent(time.share), time.calls > 0 ? groupDigits(time.calls) : "",
                              time.flops > 0 ? formatFixed(time.flops / 1e9, 2) : "",
                              time.flops > 0 ? formatFixed(time.gflopsPerSecond(), 0) : ""});
    table.rows.push_back({"total", milliseconds(model.typicalSeconds()), "100.0 %", "", "", ""});
    return toConsole(table, "  ");
}

std::string operatorTable(const ModelProfile& model) {
    TextTable table{.header = {"operator", "ms", "share", "calls"}, .figures = true};
    std::vector<OperatorTime> lines = model.byOperator();
    lines.resize(std::min(lines.size(), kOperatorLines));
    for (const OperatorTime& time : lines) {
        // What has a module's name is the time that the module spends outside of LibTorch's
        // operators.
        Module module{};
        const bool own = parseEnum(time.name, module);
        const std::string name = !own                    ? time.name
                                 : module == Module::Gap ? "(gap)"
                                                         : strCat("(", time.name, ": own passes)");
        table.rows.push_back(
            {name, milliseconds(time.seconds), percent(time.share), groupDigits(time.calls)});
    }
    return toConsole(table, "  ");
}

std::string paperTable(const ProfileReport& report) {
    TextTable table{.header = {"model", "attention ms", "FFN/GEMM ms", "rest ms", "total ms"},
                    .figures = true};
    for (const ModelProfile& model : report.models) {
        const std::map<PaperBucket, double> buckets = model.paperBuckets();
        const double total = model.typicalSeconds();
        std::vector<std::string> row{model.name};
        for (const PaperBucket bucket :
             {PaperBucket::Attention, PaperBucket::Gemm, PaperBucket::Rest})
            row.push_back(strCat(milliseconds(buckets.at(bucket)), " (",
                                 formatFixed(buckets.at(bucket) / total * 100, 0), " %)"));
        row.push_back(milliseconds(total));
        table.rows.push_back(std::move(row));
    }
    return "\n" + toConsole(table, "  ") +
           "  FFN/GEMM as in the paper's Table VIII: all products with weights, attention "
           "projections and head included\n";
}

std::string comparisonTable(const ProfileReport& report) {
    TextTable table{.header = {strCat("against ", report.models.front().name), "speed-up",
                               "predicted", "ceiling", "MLP time", "MLP FLOPs", "other time"},
                    .figures = true};
    for (std::size_t i = 1; i < report.models.size(); ++i) {
        const ProfileComparison& c = report.models[i].comparison;
        table.rows.push_back({report.models[i].name, withSpread(c.speedUp, 3),
                              formatFixed(c.predicted, 3), formatFixed(c.ceiling, 3),
                              withSpread(c.mlpTime, 3), formatFixed(c.mlpFlops, 3),
                              withSpread(c.otherTime, 3)});
    }
    return "\n" + toConsole(table, "  ") +
           "  predicted: MLP time shrinks as its FLOPs, the rest stays; ceiling (Amdahl): MLP "
           "products need no time\n";
}

}  // namespace

std::string profileTables(const ProfileReport& report, ProfileView view) {
    std::string text = strCat(report.dtype, " on ", report.device, ", ", report.threads,
                              " threads; batch ", report.batch, " x ", report.length, " tokens; ",
                              report.rounds, " rounds interleaved after ", report.warmUps,
                              " warm-up, median (quartiles); ", report.method, "\n");
    if (report.models.empty()) return text;
    if (view == ProfileView::Paper)
        text += paperTable(report);
    else
        for (const ModelProfile& model : report.models)
            text += heading(model) + moduleTable(model) + "\n" + operatorTable(model);
    if (report.models.size() > 1) text += comparisonTable(report);
    return text;
}

}  // namespace skd::cli
