#include "ranks/latency.h"

#include <algorithm>

#include "base/text.h"

namespace skd {
namespace {

std::int64_t rankNow(const MatrixSpectrum& matrix, std::int64_t rank) {
    return rank == 0 ? matrix.currentRank : rank;
}

MatrixForm formNow(const MatrixSpectrum& matrix, std::int64_t rank) {
    return rank == 0 ? matrix.currentForm : matrix.info.form;
}

}  // namespace

Result<RankTimes> latencyCosts(const Analysis& analysis, const BreakEvenTable& table,
                               std::int64_t batch) {
    RankTimes costs;
    for (const MatrixSpectrum& matrix : analysis.matrices) {
        const BreakEvenShape* shape =
            table.find(matrix.info.rows, matrix.info.columns, batch, matrix.info.form);
        if (shape == nullptr)
            return fail(
                ErrorCode::InvalidInput,
                strCat("no times were measured for matrices of ", matrix.info.rows, " x ",
                       matrix.info.columns, " at batch ", batch,
                       "; run: sparsekd benchmark MODEL --break-even --batch ", batch,
                       matrix.info.form == MatrixForm::Factored ? "" : " --form ",
                       matrix.info.form == MatrixForm::Factored ? "" : enumName(matrix.info.form)));
        costs.push_back(shape->costs(std::min(matrix.info.rows, matrix.info.columns)));
    }
    return costs;
}

double timeRemoved(const Analysis& analysis, const RankTimes& costs,
                   const std::vector<std::int64_t>& ranks) {
    double dense = 0, now = 0;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
        const std::int64_t rank = rankNow(analysis.matrices[i], ranks[i]);
        dense += static_cast<double>(costs[i].front());
        now += static_cast<double>(costs[i][static_cast<std::size_t>(rank)]);
    }
    return dense > 0 ? 1 - now / dense : 0;
}

Json latencyDetails(const Analysis& analysis, const RankTimes& costs,
                    const std::vector<std::int64_t>& ranks, const BreakEvenTable& table,
                    std::int64_t batch) {
    return {{"cost_batch", batch},
            {"cost_table_sha256", table.sha256()},
            {"time_removed", timeRemoved(analysis, costs, ranks)}};
}

SlowerRanks slowerRanks(const Analysis& analysis, const std::vector<std::int64_t>& ranks,
                        const BreakEvenTable& table, std::int64_t batch) {
    SlowerRanks result;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
        const MatrixSpectrum& matrix = analysis.matrices[i];
        const std::int64_t rank = rankNow(matrix, ranks[i]);
        const BreakEvenShape* shape =
            table.find(matrix.info.rows, matrix.info.columns, batch, formNow(matrix, ranks[i]));
        if (rank == 0 || shape == nullptr) continue;
        ++result.factored;
        const std::vector<std::int64_t> costs = shape->costs(rank);
        if (costs.back() < costs.front()) continue;
        if (result.slower++ == 0)
            result.example = strCat(matrix.info.name, " at rank ", rank, " (faster up to about ",
                                    shape->largestFasterRank(), ")");
    }
    return result;
}

}  // namespace skd
