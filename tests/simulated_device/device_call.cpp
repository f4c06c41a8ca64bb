#include "simulated_device/device_call.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "simulated_device/device_generator.h"
#include "simulated_device/device_ledger.h"
#include "simulated_device/device_tensors.h"

namespace skd::simulated {
namespace {

/// Those whose result's shape is known only when the host has read it back.
const std::set<std::string> kSynchronising{"aten::nonzero",       "aten::nonzero.out",
                                           "aten::masked_select", "aten::masked_select.out",
                                           "aten::_unique2",      "aten::unique_dim",
                                           "aten::equal",         "aten::unique_consecutive",
                                           "aten::bincount",      "aten::repeat_interleave.Tensor"};

bool isMultiTensor(const std::string& name) {
    return name.starts_with("aten::_foreach_") || name.starts_with("aten::_fused_adam") ||
           name.starts_with("aten::_fused_sgd");
}

bool isWritten(const c10::Argument& argument) {
    return argument.alias_info() != nullptr && argument.alias_info()->isWrite();
}

bool isViewOperator(const c10::FunctionSchema& schema) {
    return std::ranges::any_of(schema.returns(), [](const c10::Argument& result) {
        return result.alias_info() != nullptr && !result.alias_info()->isWrite();
    });
}

/// One call: arguments opened, the CPU's kernel, results closed.
class Call {
public:
    Call(const c10::OperatorHandle& operation, torch::jit::Stack& stack)
        : m_operation(operation),
          m_schema(operation.schema()),
          m_name(c10::toString(m_schema.operator_name())),
          m_stack(stack) {
        const auto arguments = torch::jit::last(stack, m_schema.arguments().size());
        m_given.assign(arguments.begin(), arguments.end());
    }

    void run() {
        const c10::impl::ExcludeDispatchKeyGuard noAutograd(
            c10::autograd_dispatch_keyset_with_ADInplaceOrView);
        TORCH_CHECK(m_operation.hasComputedKernelForDispatchKey(c10::DispatchKey::CPU), m_name,
                    " has a CUDA kernel, but the CPU has none that could stand for it on the "
                    "simulated device");
        count();
        torch::jit::drop(m_stack, m_given.size());
        for (std::size_t i = 0; i < m_given.size(); ++i)
            m_stack.push_back(openedValue(m_given[i], m_schema.arguments()[i]));
        m_operation.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), &m_stack);
        for (const auto& [target, fresh] : m_fresh) fill(target, fresh);
        const std::size_t results = m_schema.returns().size();
        std::vector<c10::IValue> closed;
        for (std::size_t i = 0; i < results; ++i)
            closed.push_back(
                closedValue(torch::jit::peek(m_stack, i, results), m_schema.returns()[i]));
        torch::jit::drop(m_stack, results);
        for (c10::IValue& value : closed) m_stack.push_back(std::move(value));
    }

private:
    void count() const {
        if (isViewOperator(m_schema)) return;
        countLaunch(m_name, isMultiTensor(m_name) ? multiTensorLaunches() : 1);
        if (kSynchronising.contains(m_name)) countToHost(sizeof(std::int64_t), true);
    }

    [[nodiscard]] std::int64_t multiTensorLaunches() const {
        std::vector<std::vector<at::Tensor>> lists;
        for (const c10::IValue& value : m_given)
            if (value.isTensorList() && !value.toTensorVector().empty())
                lists.push_back(value.toTensorVector());
        const auto& first = lists.at(0);
        for (const auto& list : lists)
            for (std::size_t i = 0; i < list.size(); ++i) {
                const bool steps = list[i].dim() == 0;  // of optimisers: one number a tensor
                const auto& like = steps || m_name == "aten::_foreach_copy_" ? list : first;
                if (list[i].scalar_type() != like[0].scalar_type() ||
                    !list[i].is_non_overlapping_and_dense() ||
                    (!steps && list.size() == first.size() &&
                     (list[i].sizes() != first[i].sizes() ||
                      list[i].strides() != first[i].strides())))
                    return static_cast<std::int64_t>(first.size());
            }
        return 1;
    }

    void checkPlace(const at::Tensor& tensor) const {
        TORCH_CHECK(
            !tensor.defined() || isOnDevice(tensor) || (tensor.is_cpu() && tensor.dim() == 0),
            m_name, ": an argument of shape ", tensor.sizes(), " lies on ", tensor.device(),
            ", others on the simulated device");
    }

    at::Tensor openedTensorOf(const at::Tensor& tensor, bool written) {
        checkPlace(tensor);
        if (!written || !tensor.defined() || tensor.numel() > 0) return m_tensors.open(tensor);
        TORCH_CHECK(isOnDevice(tensor), m_name, " writes to a tensor of the host");
        // What has no elements may be given some: only the CPU's own storages can grow.
        m_fresh.emplace_back(tensor, at::empty(tensor.sizes(), tensor.scalar_type()));
        return m_fresh.back().second;
    }

    c10::IValue openedValue(const c10::IValue& value, const c10::Argument& argument) {
        if (value.isTensor()) return openedTensorOf(value.toTensor(), isWritten(argument));
        if (value.isTensorList()) {
            c10::List<at::Tensor> list;
            for (const at::Tensor& tensor : value.toTensorVector())
                list.push_back(openedTensorOf(tensor, isWritten(argument)));
            return list;
        }
        if (value.isOptionalTensorList()) {
            c10::List<std::optional<at::Tensor>> list;
            for (const std::optional<at::Tensor>& tensor : value.toOptionalTensorVector())
                list.push_back(tensor ? std::optional(openedTensorOf(*tensor, false)) : tensor);
            return list;
        }
        if (value.isDevice() && value.toDevice().type() == at::kPrivateUse1)
            return c10::Device(at::kCPU);
        if (value.isGenerator()) return hostGenerator(value.toGenerator());
        if (value.isNone() && argument.type()->str() == "Generator?")
            return hostGenerator(defaultGenerator());
        return value;
    }

    static void fill(const at::Tensor& target, const at::Tensor& fresh) {
        if (fresh.sizes() == target.sizes()) return;
        resizeOnDevice(target, fresh.sizes(), fresh.strides());
        OpenedTensors().open(target).copy_(fresh);
    }

    /// What the operator was given to write to is what it returns.
    [[nodiscard]] c10::IValue closedValue(const c10::IValue& value, const c10::Argument& result) {
        if (result.alias_info() != nullptr && result.alias_info()->isWrite())
            for (std::size_t i = 0; i < m_given.size(); ++i) {
                const c10::AliasInfo* alias = m_schema.arguments()[i].alias_info();
                if (alias != nullptr && alias->beforeSets() == result.alias_info()->beforeSets())
                    return m_given[i];
            }
        if (value.isTensor()) return m_tensors.close(value.toTensor());
        if (!value.isTensorList()) return value;
        c10::List<at::Tensor> list;
        for (const at::Tensor& tensor : value.toTensorVector())
            list.push_back(m_tensors.close(tensor));
        return list;
    }

    const c10::OperatorHandle& m_operation;
    const c10::FunctionSchema& m_schema;
    std::string m_name;
    torch::jit::Stack& m_stack;
    std::vector<c10::IValue> m_given;
    OpenedTensors m_tensors;
    std::vector<std::pair<at::Tensor, at::Tensor>> m_fresh;
};

}  // namespace

void runOnDevice(const c10::OperatorHandle& operation, c10::DispatchKeySet,
                 torch::jit::Stack* stack) {
    Call(operation, *stack).run();
}

void refuseOnDevice(const c10::OperatorHandle& operation, c10::DispatchKeySet, torch::jit::Stack*) {
    TORCH_CHECK(false, c10::toString(operation.schema().operator_name()),
                " has no CUDA kernel: it cannot run on the simulated device");
}

}  // namespace skd::simulated
