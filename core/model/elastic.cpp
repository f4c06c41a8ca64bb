#include "model/elastic.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "model/elastic_map.h"
#include "model/identity_block.h"

namespace skd {
namespace {

/// Above it a block is no longer trusted to carry what it was made from.
constexpr double kLargestCondition = 1e4;

std::int64_t fullRank(const Linear& matrix) {
    return std::min(matrix.rows(), matrix.columns());
}

MatrixRanks ranksBy(const Decoder& model, std::int64_t (*rankOf)(const ElasticWeight&)) {
    Decoder walk = model;
    MatrixRanks ranks;
    for (const Linear* matrix : walk.matrices(kAllMatrices))
        if (matrix->elastic() != nullptr) ranks[matrix->name()] = rankOf(*matrix->elastic());
    return ranks;
}

/// The rank that a matrix is to have; 0 where it is not elastic.
Result<std::int64_t> wantedRank(const Linear& matrix, const MatrixRanks& ranks) {
    const auto found = ranks.find(matrix.name());
    const ElasticWeight* elastic = matrix.elastic();
    const std::int64_t full = fullRank(matrix);
    if (found == ranks.end()) {
        if (elastic == nullptr) return 0;
        return fail(ErrorCode::InvalidInput, strCat("no rank is given for ", matrix.name(),
                                                    ", which is elastic; give one "
                                                    "from 1 to ",
                                                    elastic->cap()));
    }
    const std::int64_t given = found->second;
    if (elastic == nullptr) {
        if (given == 0 || (matrix.isDense() && given == full)) return 0;
        return fail(ErrorCode::InvalidInput, strCat("rank ", given, " is given for ", matrix.name(),
                                                    ", which is not elastic; leave it out"));
    }
    const std::int64_t rank = given == 0 ? full : given;
    if (rank >= 1 && rank <= elastic->cap()) return rank;
    return fail(ErrorCode::InvalidInput,
                strCat("rank ", given, given == 0 ? " (the whole matrix)" : "", " of ",
                       matrix.name(), " must lie between 1 and ", elastic->cap(),
                       ", the largest that the elastic model holds"));
}

/// By the order of `matrices`; 0 where one is not elastic.
Result<std::vector<std::int64_t>> wantedRanks(const std::vector<Linear*>& matrices,
                                              const MatrixRanks& ranks) {
    std::vector<std::int64_t> wanted;
    for (const Linear* matrix : matrices) {
        SKD_TRY(wanted.emplace_back(), wantedRank(*matrix, ranks));
    }
    for (const auto& [name, rank] : ranks)
        if (std::ranges::find(matrices, name, &Linear::name) == matrices.end())
            return fail(ErrorCode::InvalidInput,
                        strCat("a rank is given for ", name, ", which the model does not have"));
    return wanted;
}

/// What elastic matrices have more in `form` than in use.
std::int64_t differenceAs(const Decoder& model, MatrixForm form, const MatrixSelection& selection) {
    Decoder walk = model;
    std::int64_t count = 0;
    for (const Linear* matrix : walk.matrices(selection)) {
        if (matrix->elastic() == nullptr) continue;
        const std::int64_t rank = matrix->rank(), shown = rank == fullRank(*matrix) ? 0 : rank;
        count +=
            formParameters(form, matrix->rows(), matrix->columns(), shown) - matrix->multiplyAdds();
    }
    return count;
}

/// Copies, so that what is not used need not be kept.
at::Tensor held(const at::Tensor& used) {
    return used.detach().clone(at::MemoryFormat::Contiguous);
}

Linear::Form plainFactors(const ElasticWeight& used) {
    return LowRankWeight{held(used.usedA().t()), held(used.usedB())};
}

Linear::Form wholeMatrix(const ElasticWeight& used) {
    return DenseWeight{elasticProduct(used, used.a.scalar_type())};
}

/// An elastic matrix of a slice, at its rank.
struct SlicedMatrix {
    Linear* matrix;
    ElasticWeight used;

    [[nodiscard]] bool isWhole() const { return used.rank == fullRank(*matrix); }

    void hold(SliceForm form) const {
        if (form == SliceForm::Elastic)
            matrix->replace(ElasticWeight{held(used.usedA()), held(used.usedB()), used.rank});
        else if (form == SliceForm::Dense || isWhole())
            matrix->replace(wholeMatrix(used));
        else
            matrix->replace(plainFactors(used));
    }

    [[nodiscard]] IdentityBlockMaker begin() const { return {used.usedA().t(), used.usedB()}; }

    void take(const IdentityBlock& block, Slice& slice) const {
        const double condition = conditionOf(block.weight);
        if (condition <= kLargestCondition && holdsInSingle(block)) {
            slice.largestCondition = std::max(slice.largestCondition, condition);
            slice.largestEntry = std::max(slice.largestEntry, largestEntry(block.weight));
            const at::TensorOptions options = used.a.options();
            const IdentityBlockWeight& made = block.weight;
            matrix->replace(IdentityBlockWeight{made.c.to(options), made.b.to(options),
                                                made.order.to(options.device())});
            return;
        }
        const std::int64_t m = matrix->rows(), n = matrix->columns();
        const bool smaller = used.rank * (m + n) < m * n;
        slice.notes.push_back(strCat(
            matrix->name(), " at rank ", used.rank, " makes no sound identity block (condition ",
            formatNumber(condition, 3), ", rounding in f32 ", formatNumber(block.roundingError, 2),
            "); it becomes ",
            smaller ? "plain factors" : "the whole matrix, which is smaller than its factors"));
        matrix->replace(smaller ? plainFactors(used) : wholeMatrix(used));
    }
};

/// False where `proceed` said so.
bool holdAsBlocks(const std::vector<SlicedMatrix>& all, Slice& slice,
                  const std::function<bool()>& proceed) {
    std::vector<const SlicedMatrix*> cut;
    for (const SlicedMatrix& each : all)
        if (each.isWhole())
            each.hold(SliceForm::Dense);
        else
            cut.push_back(&each);
    return makeBlocks(
        cut.size(),
        {[&](std::size_t i) { return cut[i]->begin(); },
         [&](std::size_t i, const IdentityBlock& block) { cut[i]->take(block, slice); }, proceed});
}

}  // namespace

bool isElastic(const Decoder& model) {
    Decoder walk = model;
    return std::ranges::any_of(walk.matrices(kAllMatrices),
                               [](const Linear* matrix) { return matrix->elastic() != nullptr; });
}

Status checkOneSize(const Decoder& model, std::string_view purpose) {
    if (!isElastic(model)) return {};
    return fail(ErrorCode::Unsupported,
                strCat("the model is elastic, of every size at once, and ", purpose,
                       " takes a model of one size; slice it at a size first"));
}

MatrixRanks ranksInUse(const Decoder& model) {
    return ranksBy(model, [](const ElasticWeight& weight) { return weight.rank; });
}

MatrixRanks rankCaps(const Decoder& model) {
    return ranksBy(model, [](const ElasticWeight& weight) { return weight.cap(); });
}

Status setRanks(Decoder& model, const MatrixRanks& ranks) {
    const std::vector<Linear*> matrices = model.matrices(kAllMatrices);
    SKD_TRY(const std::vector<std::int64_t> wanted, wantedRanks(matrices, ranks));
    for (std::size_t i = 0; i < matrices.size(); ++i)
        if (wanted[i] > 0) matrices[i]->setElasticRank(wanted[i]);
    return {};
}

std::int64_t parametersAs(const Decoder& model, MatrixForm form) {
    return model.parameterCount() + differenceAs(model, form, kAllMatrices);
}

std::int64_t parametersAs(const Decoder& model, MatrixForm form, const MatrixSelection& selection) {
    return model.parameterCount(selection) + differenceAs(model, form, selection);
}

Result<Slice> sliced(const Decoder& model, const MatrixRanks& ranks, SliceForm form,
                     const std::function<Status()>& proceed) {
    const c10::NoGradGuard noGradient;
    Slice slice{model, 0, 1, {}};
    SKD_CHECK(setRanks(slice.model, ranks));
    std::vector<SlicedMatrix> all;
    for (Linear* matrix : slice.model.matrices(kAllMatrices))
        if (const ElasticWeight* elastic = matrix->elastic()) all.push_back({matrix, *elastic});
    Status stopped;
    const auto goesOn = [&] {
        if (proceed) stopped = proceed();
        return stopped.has_value();
    };
    if (form == SliceForm::IdentityBlock) {
        holdAsBlocks(all, slice, goesOn);
    } else {
        for (const SlicedMatrix& each : all) {
            if (!goesOn()) break;
            each.hold(form);
        }
    }
    SKD_CHECK(stopped);
    return slice;
}

}  // namespace skd
