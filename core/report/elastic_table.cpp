#include "report/elastic_table.h"

#include "base/text.h"
#include "report/report.h"

namespace skd {
namespace {

std::string withError(const std::optional<double>& ppl, const std::optional<double>& error) {
    if (!ppl) return "–";
    return formatNumber(*ppl, 4) + (error ? strCat(" ± ", formatNumber(*error, 2)) : std::string());
}

std::vector<std::string> nodeRow(const ElasticNode& node) {
    return {percentText(node.removed), node.parameters ? groupDigits(*node.parameters) : "–",
            withError(node.preKdPpl, node.preKdStandardError),
            withError(node.postKdPpl, node.postKdStandardError),
            withError(node.selectionPpl, std::nullopt)};
}

const std::vector<std::string> kNodeHeader{"removed", "parameters", "after the cut",
                                           "after distillation", "on the selection text"};

}  // namespace

TextTable sizesTable(const ElasticSummary& elastic) {
    TextTable table{
        .title = strCat("sizes of one elastic run, ", percentText(elastic.largest), " to ",
                        percentText(elastic.smallest), " removed, ", elastic.form),
        .header = kNodeHeader,
        .figures = true};
    for (const ElasticNode& node : elastic.nodes) table.rows.push_back(nodeRow(node));
    table.notes.push_back("perplexity ± standard error; lists show the size of " +
                          percentText(elastic.selection));
    return table;
}

ReportTable elasticTable(const StudyResults& results) {
    ReportTable table{.title = "Sizes of elastic runs", .header = {"variant", "seed"}};
    table.header.insert(table.header.end(), kNodeHeader.begin(), kNodeHeader.end());
    for (const StudyRun* first : results.firstRuns())
        for (const StudyRun* run : results.complete(first->variant)) {
            if (!run->summary.elastic) continue;
            for (const ElasticNode& node : run->summary.elastic->nodes) {
                std::vector<std::string> row{first->variant, std::to_string(run->seed)};
                for (std::string& cell : nodeRow(node)) row.push_back(std::move(cell));
                table.rows.push_back(std::move(row));
            }
        }
    return table;
}

}  // namespace skd
