#include "cli/profile_table.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "base/text.h"

namespace skd::cli {
namespace {

constexpr std::size_t kOperatorLines = 10;

std::string fixed(double value, int decimals) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
    return text.data();
}
std::string milliseconds(double seconds) {
    return fixed(seconds * 1000, 1);
}
std::string percent(double share) {
    return fixed(share * 100, 1) + " %";
}
std::string withSpread(const Spread& s, int decimals, double factor = 1) {
    return strCat(fixed(s.median * factor, decimals), " (", fixed(s.low * factor, decimals), " - ",
                  fixed(s.high * factor, decimals), ")");
}

/// Columns as wide as their longest cell: the first one aligned left, the others right.
class Table {
public:
    void add(std::vector<std::string> row) { m_rows.push_back(std::move(row)); }

    [[nodiscard]] std::string text() const {
        std::vector<std::size_t> widths(m_rows.front().size());
        for (const auto& row : m_rows)
            for (std::size_t i = 0; i < row.size(); ++i)
                widths[i] = std::max(widths[i], row[i].size());
        std::string out;
        for (const auto& row : m_rows) {
            for (std::size_t i = 0; i < row.size(); ++i) {
                const std::string padding(widths[i] - row[i].size(), ' ');
                out += i == 0 ? "  " + row[i] + padding : "  " + padding + row[i];
            }
            out += "\n";
        }
        return out;
    }

private:
    std::vector<std::vector<std::string>> m_rows;
};

std::string heading(const ModelProfile& model) {
    return strCat("\n", model.name, ", ", groupDigits(model.parameters),
                  " parameters: ", withSpread(model.wall, 1, 1000), " ms, ",
                  percent(model.attributed), " of it in named parts\n");
}

std::string moduleTable(const ModelProfile& model) {
    Table table;
    table.add({"part", "ms", "share", "calls", "GFLOP", "GFLOP/s"});
    for (const ModuleTime& time : model.modules)
        table.add({enumName(time.module), milliseconds(time.seconds), percent(time.share),
                   time.calls > 0 ? groupDigits(time.calls) : "",
                   time.flops > 0 ? fixed(time.flops / 1e9, 2) : "",
                   time.flops > 0 ? fixed(time.gflopsPerSecond(), 0) : ""});
    table.add({"total", milliseconds(model.typicalSeconds()), "100.0 %", "", "", ""});
    return table.text();
}

std::string operatorTable(const ModelProfile& model) {
    Table table;
    table.add({"operator", "ms", "share", "calls"});
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
        table.add({name, milliseconds(time.seconds), percent(time.share), groupDigits(time.calls)});
    }
    return table.text();
}

std::string paperTable(const ProfileReport& report) {
    Table table;
    table.add({"model", "attention ms", "FFN/GEMM ms", "rest ms", "total ms"});
    for (const ModelProfile& model : report.models) {
        const std::map<PaperBucket, double> buckets = model.paperBuckets();
        const double total = model.typicalSeconds();
        std::vector<std::string> row{model.name};
        for (const PaperBucket bucket :
             {PaperBucket::Attention, PaperBucket::Gemm, PaperBucket::Rest})
            row.push_back(strCat(milliseconds(buckets.at(bucket)), " (",
                                 fixed(buckets.at(bucket) / total * 100, 0), " %)"));
        row.push_back(milliseconds(total));
        table.add(std::move(row));
    }
    return "\n" + table.text() +
           "  FFN/GEMM as in the paper's Table VIII: all products with weights, attention "
           "projections and head included\n";
}

std::string comparisonTable(const ProfileReport& report) {
    Table table;
    table.add({strCat("against ", report.models.front().name), "speed-up", "predicted", "ceiling",
               "MLP time", "MLP FLOPs", "other time"});
    for (std::size_t i = 1; i < report.models.size(); ++i) {
        const ProfileComparison& c = report.models[i].comparison;
        table.add({report.models[i].name, withSpread(c.speedUp, 3), fixed(c.predicted, 3),
                   fixed(c.ceiling, 3), withSpread(c.mlpTime, 3), fixed(c.mlpFlops, 3),
                   withSpread(c.otherTime, 3)});
    }
    return "\n" + table.text() +
           "  predicted: MLP time shrinks as its FLOPs, the rest stays; ceiling (Amdahl): MLP "
           "products take no time\n";
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
