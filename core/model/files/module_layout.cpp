#include "model/files/module_layout.h"

namespace skd {
namespace {

constexpr std::string_view kGateUp = "gate_up_proj";

bool isGateUp(const std::string& name) {
    return name.ends_with(kGateUp);
}

std::string besideGateUp(const std::string& name, const char* part) {
    return name.substr(0, name.size() - kGateUp.size()) + part;
}

struct ModuleWriter {
    std::vector<NamedTensor> tensors;

    void add(const std::string& name, const at::Tensor& tensor) {
        if (tensor.defined()) tensors.push_back({name, tensor});
    }

    /// The halves of what gate and up have in one.
    void addHalves(const std::string& name, const char* part, const at::Tensor& both) {
        if (!both.defined()) return;
        const std::int64_t rows = both.size(0) / 2;
        add(besideGateUp(name, "gate_proj") + part, both.narrow(0, 0, rows));
        add(besideGateUp(name, "up_proj") + part, both.narrow(0, rows, rows));
    }

    void add(const Linear& linear) {
        const std::string& name = linear.name();
        const auto* factors = std::get_if<LowRankWeight>(&linear.form());
        if (const auto* block = std::get_if<IdentityBlockWeight>(&linear.form())) {
            add(name + ".b.weight", block->b);
            if (block->c.size(0) > 0) add(name + ".c.weight", block->c);
            add(name + ".order", block->order);
            add(name + ".bias", linear.bias());
        } else if (isGateUp(name)) {
            if (factors != nullptr) add(besideGateUp(name, "shared_proj.weight"), factors->b);
            addHalves(name, ".weight", factors != nullptr ? factors->a : linear.weight());
            addHalves(name, ".bias", linear.bias());
        } else if (factors != nullptr) {
            add(name + ".b.weight", factors->b);
            add(name + ".a.weight", factors->a);
            add(name + ".a.bias", linear.bias());
        } else {
            add(name + ".weight", linear.weight());
            add(name + ".bias", linear.bias());
        }
    }
};

/// One above the other, or undefined where that makes no gate and up.
at::Tensor joinedHalves(const at::Tensor& gate, const at::Tensor& up) {
    const bool fit = gate.defined() && up.defined() && gate.sizes() == up.sizes() &&
                     gate.dim() > 0 && gate.scalar_type() == up.scalar_type();
    return fit ? at::cat({gate, up}) : at::Tensor();
}

MatrixTensors gateUpTensors(const std::string& name,
                            const std::function<at::Tensor(const std::string&)>& find) {
    const auto both = [&](const char* part) {
        return joinedHalves(find(besideGateUp(name, "gate_proj") + part),
                            find(besideGateUp(name, "up_proj") + part));
    };
    MatrixTensors found;
    found.b = find(besideGateUp(name, "shared_proj.weight"));
    (found.b.defined() ? found.a : found.weight) = both(".weight");
    found.bias = both(".bias");
    return found;
}

}  // namespace

std::vector<NamedTensor> moduleTensors(const Decoder& decoder) {
    Decoder walk = decoder;
    ModuleWriter writer;
    walk.visitSlots(
        [&](const std::string& name, const at::Tensor& tensor) { writer.add(name, tensor); });
    for (const Linear* linear : walk.matrices(kAllMatrices)) writer.add(*linear);
    return std::move(writer.tensors);
}

MatrixTensors matrixTensors(const std::string& name, bool modules,
                            const std::function<at::Tensor(const std::string&)>& find) {
    const std::string weight = modules ? ".weight" : "";
    MatrixTensors found;
    found.order = find(name + ".order");
    if (modules && isGateUp(name) && !found.order.defined()) return gateUpTensors(name, find);
    found.b = find(name + ".b" + weight);
    if (found.order.defined()) {
        found.c = find(name + ".c" + weight);
    } else {
        found.weight = find(name + ".weight");
        found.a = find(name + ".a" + weight);
        if (!modules) found.mask = find(name + ".mask");
    }
    found.bias = find(name + (modules && found.a.defined() ? ".a.bias" : ".bias"));
    return found;
}

}  // namespace skd
