#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "core/model/tiny_model.h"
#include "distill/adamw.h"
#include "distill/checkpoint.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// The leaves of one elastic matrix, with an optimiser of them.
struct ElasticLeaves {
    explicit ElasticLeaves(at::ScalarType type) {
        at::manual_seed(110);
        const ElasticWeight start = randomElastic(24, 18, 12);
        matrix = Linear("m", ElasticWeight{start.a.to(type), start.b.to(type), 12});
        std::vector<NamedTensor> parameters;
        matrix.visitParameters([&](const std::string& name, at::Tensor& tensor) {
            parameters.push_back({name, tensor.requires_grad_()});
        });
        optimiser.emplace(std::move(parameters));
    }
    /// A micro-batch at a rank.
    void add(std::int64_t rank, std::uint64_t seed) {
        at::manual_seed(seed);
        matrix.setElasticRank(rank);
        const at::Tensor x = at::randn({10, 18}).to(matrix.elastic()->a.scalar_type());
        matrix.forward(x).square().sum().backward();
        optimiser->accumulate();
    }
    Linear matrix;
    std::optional<AdamW> optimiser;
};

/// Of micro-batches at 9, 4 and 12 components the optimiser has the sum of each one's own gradient.
TEST(ElasticOptimiser, SumsMicroBatchesOfAnySizes) {
    const std::vector<std::int64_t> ranks{9, 4, 12};
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        ElasticLeaves together(type);
        at::Tensor wanted = at::zeros({12, 24});
        for (std::size_t i = 0; i < ranks.size(); ++i) {
            together.add(ranks[i], 111 + i);
            ElasticLeaves alone(type);
            alone.add(ranks[i], 111 + i);
            const at::Tensor own = alone.optimiser->gradientSum(0);
            if (ranks[i] < 12) {
                EXPECT_EQ(own.narrow(0, ranks[i], 12 - ranks[i]).abs().max().item<double>(), 0);
            }
            wanted += own;
        }
        EXPECT_LT(relativeError(together.optimiser->gradientSum(0), wanted), 1e-5)
            << at::toString(type);
    }
}

/// Interrupted between two steps of different sizes: masters and moments come back by name, and the
/// second step gives the same bits.
TEST(ElasticOptimiser, ResumesToTheBit) {
    const TemporaryFolder folder;
    ElasticLeaves through(at::kFloat);
    through.add(9, 121);
    through.optimiser->step({.learningRate = 1e-2});
    const CheckpointFolder checkpoints(folder / "run");
    ASSERT_TRUE(checkpoints.save({1, {{"best_step", 0}}, through.optimiser->state()}));
    through.add(5, 122);
    through.optimiser->step({.learningRate = 1e-2});

    ElasticLeaves resumed(at::kFloat);
    const auto read = CheckpointFolder::load(checkpoints.stepPath(1));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(byName(read->tensors).contains("m.elastic_a.master"));
    ASSERT_TRUE(resumed.optimiser->restore(read->tensors, 1));
    resumed.add(5, 122);
    resumed.optimiser->step({.learningRate = 1e-2});
    const auto one = through.optimiser->state(), other = resumed.optimiser->state();
    ASSERT_EQ(one.size(), 6u);
    for (std::size_t i = 0; i < one.size(); ++i)
        EXPECT_TRUE(at::equal(one[i].tensor, other[i].tensor)) << one[i].name;
}

}  // namespace
}  // namespace skd::test
