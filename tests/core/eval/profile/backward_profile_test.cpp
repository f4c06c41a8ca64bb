#include <gtest/gtest.h>

#include <map>

#include "eval/profile/kernel_profiler.h"
#include "model/layer_ops.h"

namespace skd::test {
namespace {

/// A backward pass runs in the opposite order, so that what ran before it says nothing of a node.
TEST(BackwardProfile, ANodeCountsForThePartThatMadeIt) {
    const at::Tensor x = at::randn({4, 16}).requires_grad_(),
                     weight = at::ones({16}).requires_grad_(),
                     up = at::randn({4, 16}).requires_grad_();
    const auto profiler = makeRecordFunctionProfiler();
    ASSERT_TRUE(profiler->start());
    const at::Tensor gated = gateMul(rmsNorm(x, weight, 1e-5), up, GateActivation::Silu);
    (gated * 2).sum().backward();
    std::map<std::string, Module> modules;
    for (const ProfileRecord& record : profiler->stop())
        for (const char* name : {"RmsNorm", "GateMul", "MulBackward", "SumBackward"})
            if (record.name.find(name) != std::string::npos && !record.name.starts_with("autograd"))
                modules[name] = record.module;
    EXPECT_EQ(modules, (std::map<std::string, Module>{{"RmsNorm", Module::Norm},
                                                      {"GateMul", Module::Activation},
                                                      {"MulBackward", Module::Other},
                                                      {"SumBackward", Module::Other}}));
}

}  // namespace
}  // namespace skd::test
