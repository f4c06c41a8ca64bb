#include <c10/core/GradMode.h>

#include "core/model/tiny_model.h"
#include "model/elastic.h"
#include "simulated_device/device_fixture.h"

/// Elastic matrices on the device give what they give on the CPU, in products alone.
namespace skd::test {
namespace {

using simulated::Ledger;
using simulated::Recording;

class DeviceElastic : public DeviceTest {
protected:
    /// One matrix with leaves of its own, on a device.
    static Linear matrixOn(at::Device place) {
        at::manual_seed(130);
        const ElasticWeight start = randomElastic(24, 18, 12);
        return {"m", ElasticWeight{start.a.to(place).requires_grad_(),
                                   start.b.to(place).requires_grad_(), 5}};
    }
    /// Output and backward pass, with a gradient that lies ready.
    static at::Tensor pass(const Linear& matrix, const at::Tensor& x, const at::Tensor& gradient) {
        const at::Tensor output = matrix.forward(x);
        output.backward(gradient);
        return output.detach();
    }
};

/// Two products there and four back; the first time the rows beyond the rank are set to zero, later
/// ones are added in place and make nothing as large as a factor.
TEST_F(DeviceElastic, TakesSixProductsAPass) {
    const Linear host = matrixOn(at::kCPU), there = matrixOn(simulated::device());
    const at::Tensor values = at::randn({7, 18}), weights = at::randn({7, 24}),
                     x = onDevice(values).requires_grad_(), gradient = onDevice(weights),
                     hostX = values.clone().requires_grad_();
    Recording first;
    const at::Tensor output = pass(there, x, gradient);
    const Ledger begun = first.stop();
    const at::Tensor expected = pass(host, hostX, weights);
    EXPECT_LT(deviation(output, expected), 1e-5);
    EXPECT_LT(deviation(x.grad(), hostX.grad()), 1e-5);
    EXPECT_EQ(begun.launchesOf("aten::mm"), 4) << begun.table();
    EXPECT_EQ(begun.launchesOf("aten::mm.out"), 2) << begun.table();
    EXPECT_LE(begun.launchCount(), 10) << begun.table();
    EXPECT_EQ(begun.toHost.count, 0);

    x.mutable_grad().reset();
    Recording second;
    pass(there, x, gradient);
    const Ledger further = second.stop();
    EXPECT_EQ(further.launchesOf("aten::addmm_"), 2) << further.table();
    EXPECT_LE(further.launchCount(), 8) << further.table();
    EXPECT_LT(further.largest, 12u * 18u * sizeof(float)) << "nothing of a factor's size";
    pass(host, hostX, weights);
    EXPECT_LT(deviation(there.elastic()->a.grad(), host.elastic()->a.grad()), 1e-5);
    EXPECT_LT(deviation(there.elastic()->b.grad(), host.elastic()->b.grad()), 1e-5);
}

TEST_F(DeviceElastic, AModelGivesTheSameLogitsAtEverySize) {
    const c10::NoGradGuard noGradient;
    Decoder host = tinyElastic(131, 24), there = host.to(simulated::device(), at::kFloat);
    const at::Tensor ids = at::arange(20).unsqueeze(0);
    for (const std::int64_t rank : {4, 17, 24}) {
        MatrixRanks ranks;
        for (const auto& [name, cap] : rankCaps(host)) ranks[name] = rank;
        ASSERT_TRUE(setRanks(host, ranks));
        ASSERT_TRUE(setRanks(there, ranks));
        EXPECT_LT(deviation(there.logits(onDevice(ids)), host.logits(ids)), 1e-4) << rank;
        for (const SliceForm form : {SliceForm::Elastic, SliceForm::Factored, SliceForm::Dense,
                                     SliceForm::IdentityBlock}) {
            const auto slice = sliced(there, ranks, form);
            ASSERT_TRUE(slice) << slice.error().message;
            EXPECT_LT(deviation(slice->model.logits(onDevice(ids)), host.logits(ids)), 1e-4)
                << enumName(form);
        }
    }
}

}  // namespace
}  // namespace skd::test
