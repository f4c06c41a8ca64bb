#include "prune/svd/elastic_cut.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "prune/svd/prune.h"

namespace skd {
namespace {

Status checkCaps(const AnalysisResult& analysis, const std::vector<std::int64_t>& caps) {
    const std::size_t count = analysis.decompositions.size();
    if (caps.size() != count)
        return fail(ErrorCode::InvalidInput,
                    strCat("there are caps of ", caps.size(), " matrices, but ", count,
                           " were analysed; plan the sizes from the same analysis"));
    for (std::size_t i = 0; i < count; ++i) {
        const auto most = static_cast<std::int64_t>(analysis.decompositions[i].sigma.size());
        if (caps[i] < 0 || caps[i] > most)
            return fail(ErrorCode::InvalidInput, strCat("the cap ", caps[i], " of ",
                                                        analysis.analysis->matrices[i].info.name,
                                                        " must lie between 0 and ", most));
    }
    return {};
}

/// rows H rows^T for rows [R, n]; H is the identity where there are no blocks of it.
at::Tensor gramUnder(const at::Tensor& rows, const std::vector<at::Tensor>& blocks) {
    if (blocks.empty()) return at::mm(rows, rows.t());
    at::Tensor sum = at::zeros({rows.size(0), rows.size(0)}, rows.options());
    std::int64_t begin = 0;
    for (const at::Tensor& block : blocks) {
        const at::Tensor part = rows.narrow(1, begin, block.size(0));
        sum.addmm_(at::mm(part, block.to(at::kCPU, at::kDouble)), part.t());
        begin += block.size(0);
    }
    return sum;
}

}  // namespace

ElasticWeight elasticAt(const Linear& matrix, const Decomposition& decomposition,
                        std::int64_t cap) {
    const c10::NoGradGuard noGradient;
    const at::Tensor weight = matrix.weight();
    const Factors factors = factorsAt(decomposition, weight, cap);
    // factorsAt has given both rows of a component the same norm.
    const double balance =
        std::pow(static_cast<double>(weight.size(0)) / static_cast<double>(weight.size(1)), 0.25);
    const at::TensorOptions options = weight.options();
    return {(factors.a.t() * balance).to(options).contiguous(),
            (factors.b / balance).to(options).contiguous(), cap};
}

Result<PruneReport> cutElastic(Decoder& model, const PruneSpec& spec,
                               const AnalysisResult& analysis, const ElasticCut& cut,
                               const RunContext& context) {
    SKD_CHECK(checkCaps(analysis, cut.caps));
    Decoder elastic = model;
    SKD_TRY(const DenseReference reference, beginCut(elastic, spec, analysis, cut.reference));
    const std::vector<Linear*> matrices = elastic.matrices(reference.selection);
    for (std::size_t i = 0; i < matrices.size(); ++i) {
        if (cut.caps[i] == 0) continue;
        if (context.cancelled()) {
            PruneReport report;
            report.cancelled = true;
            return report;
        }
        matrices[i]->replace(elasticAt(*matrices[i], analysis.decompositions[i], cut.caps[i]));
    }
    model = std::move(elastic);
    PruneReport report = reportOf(model, reference, spec.form);
    report.details = {{"truncation", enumName(spec.truncation)},
                      {"gate_up", enumName(spec.gateUp)},
                      {"stored_parameters", model.storedParameterCount()}};
    context.emit(RanksChosen{context.run, report.ranks});
    return report;
}

MatrixRanks ranksByName(const Analysis& analysis, const std::vector<std::int64_t>& ranks) {
    MatrixRanks named;
    for (std::size_t i = 0; i < std::min(ranks.size(), analysis.matrices.size()); ++i)
        named[analysis.matrices[i].info.name] = ranks[i];
    return named;
}

std::vector<double> prefixErrors(const ElasticWeight& weight, const ErrorMetric& metric) {
    const c10::NoGradGuard noGradient;
    const at::Tensor a = weight.a.detach().to(at::kCPU, at::kDouble),
                     b = weight.b.detach().to(at::kCPU, at::kDouble);
    const std::vector<at::Tensor> gram =
        metric.gram.defined() ? std::vector{metric.gram} : std::vector<at::Tensor>();
    // Component i and j together: (a_i H a_j)(b_i G b_j). What r adds to the sum over all from r
    // on:
    const at::Tensor both = gramUnder(a, metric.fisher) * gramUnder(b, gram),
                     added = (both.diagonal() + 2 * both.triu(1).sum(1)).contiguous();
    std::vector<double> errors(static_cast<std::size_t>(weight.cap() + 1), 0.0);
    double square = 0;
    for (std::int64_t r = weight.cap() - 1; r >= 0; --r) {
        square += added.const_data_ptr<double>()[r];
        errors[static_cast<std::size_t>(r)] = std::sqrt(std::max(0.0, square));
    }
    return errors;
}

}  // namespace skd
