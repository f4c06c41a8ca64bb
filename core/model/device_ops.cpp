#include "model/device_ops.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <optional>

#include "model/elements.h"

namespace skd::device {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The two halves that are turned change places; dimensions that are not turned stay.
at::Tensor halvesExchanged(const at::Tensor& x, std::int64_t half) {
    std::vector<at::Tensor> parts{x.narrow(-1, half, half), x.narrow(-1, 0, half)};
    if (const std::int64_t rest = x.size(-1) - 2 * half; rest > 0)
        parts.push_back(x.narrow(-1, 2 * half, rest));
    return at::cat(parts, -1);
}

/// x [batch, length, heads, dim] turned by the angles of `wide` [2, length, dim] times `sign`, in
/// f32, rounded once.
at::Tensor turned(const at::Tensor& x, const at::Tensor& wide, std::int64_t half, double sign) {
    const at::Tensor cos = wide.select(0, 0).unsqueeze(1), sin = wide.select(0, 1).unsqueeze(1);
    at::Tensor output = at::empty(x.sizes(), x.options());
    at::addcmul_out(output, x * cos, halvesExchanged(x, half), sin, sign);
    return output;
}

struct TurnFunction : torch::autograd::Function<TurnFunction> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& wide,
                              std::int64_t half) {
        context->saved_data["wide"] = wide;
        context->saved_data["half"] = half;
        return turned(x, wide, half, 1);
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        return {turned(gradients[0], context->saved_data["wide"].toTensor(),
                       context->saved_data["half"].toInt(), -1),
                at::Tensor(), at::Tensor()};
    }
};

/// What every call of the operator shares.
struct Call {
    double scale = 1;
    bool causal = false;
    at::Tensor mask = {};  ///< [queries, keys], true where a key is seen
};

/// [batch, heads, queries, dim]
at::Tensor attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                  const Call& call) {
    const std::optional<at::Tensor> mask =
        call.mask.defined() ? std::optional(call.mask) : std::nullopt;
    const std::int64_t batch = query.size(0), groups = key.size(1), group = query.size(1) / groups;
    const bool half = query.scalar_type() != at::kFloat;
    // Of the fused kernels only those on half types know groups, and those know no mask.
    if (group == 1 || (half && !mask))
        return at::scaled_dot_product_attention(query, key, value, mask, 0.0, call.causal,
                                                call.scale, group > 1);
    const auto spread = [&](const at::Tensor& x) {
        return x.reshape({batch * groups, 1, x.size(2), x.size(3)})
            .expand({batch * groups, group, x.size(2), x.size(3)});
    };
    return at::scaled_dot_product_attention(
               query.reshape({batch * groups, group, query.size(2), query.size(3)}), spread(key),
               spread(value), mask, 0.0, call.causal, call.scale)
        .reshape(query.sizes());
}

/// [batch, heads, length, dim] -> [batch, length, heads * dim]
at::Tensor joinHeads(const at::Tensor& heads) {
    return heads.transpose(1, 2).reshape({heads.size(0), heads.size(2), -1});
}

/// Key b of two chunks is seen by query a of the second one: neither later nor a window earlier.
at::Tensor bandMask(std::int64_t queries, std::int64_t window, at::Device device) {
    const at::Tensor distance = at::arange(window + queries, device).unsqueeze(0) -
                                at::arange(queries, device).unsqueeze(1);
    return distance.gt(0).logical_and(distance.le(window));
}

/// Queries [chunk, 2 chunk), [2 chunk, 3 chunk) .. as a batch of their own.
at::Tensor chunksOf(const at::Tensor& query, std::int64_t chunk, std::int64_t count) {
    return query.narrow(2, chunk, count * chunk)
        .unflatten(2, {count, chunk})
        .transpose(1, 2)
        .flatten(0, 1);
}

/// Keys [0, 2 chunk), [chunk, 3 chunk) ..
at::Tensor chunkPairsOf(const at::Tensor& key, std::int64_t chunk, std::int64_t count) {
    return key.narrow(2, 0, (count + 1) * chunk)
        .unfold(2, 2 * chunk, chunk)
        .permute({0, 2, 1, 4, 3})
        .flatten(0, 1);
}

/// As many queries as keys, more than a window of them: [batch, length, heads * dim].
at::Tensor slidingAttention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            const AttentionOptions& options) {
    const std::int64_t chunk = options.window, length = query.size(2);
    const std::int64_t whole = length / chunk - 1, rest = length % chunk;
    const auto first = [&](const at::Tensor& x) { return x.narrow(2, 0, chunk); };
    std::vector<at::Tensor> parts{
        joinHeads(attend(first(query), first(key), first(value), {options.scale, true}))};
    const at::Tensor mask = bandMask(chunk, chunk, query.device());
    if (whole > 0) {
        const at::Tensor heads =
            attend(chunksOf(query, chunk, whole), chunkPairsOf(key, chunk, whole),
                   chunkPairsOf(value, chunk, whole), {options.scale, false, mask});
        parts.push_back(joinHeads(heads).reshape({query.size(0), whole * chunk, -1}));
    }
    if (rest > 0) {
        const std::int64_t begin = length - rest;
        const auto last = [&](const at::Tensor& x) {
            return x.narrow(2, begin - chunk, chunk + rest);
        };
        parts.push_back(joinHeads(
            attend(query.narrow(2, begin, rest), last(key), last(value),
                   {options.scale, false, mask.narrow(0, 0, rest).narrow(1, 0, chunk + rest)})));
    }
    return at::cat(parts, 1);
}

}  // namespace

at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double epsilon, double offset) {
    const std::array<std::int64_t, 1> shape{x.size(-1)};
    if (offset == 0) return at::rms_norm(x, shape, weight, epsilon);
    return at::rms_norm(x.to(at::kFloat), shape, weight.to(at::kFloat) + offset, epsilon)
        .to(x.scalar_type());
}

at::Tensor gateMul(const at::Tensor& gate, const at::Tensor& up, GateActivation activation) {
    return (activation == GateActivation::Silu ? at::silu(gate) : at::gelu(gate, "tanh")) * up;
}

at::Tensor splitHeads(const at::Tensor& x, const RotaryTable& rotary) {
    const std::int64_t half = rotary.cos.size(1);
    const at::Tensor heads = needsGradient(x) ? TurnFunction::apply(x, rotary.wide, half)
                                              : turned(x, rotary.wide, half, 1);
    return heads.transpose(1, 2);
}

at::Tensor causalAttention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                           const AttentionOptions& options) {
    const std::int64_t length = query.size(2), keys = key.size(2), past = keys - length;
    const std::int64_t seen = options.window > 0 ? std::min(options.window, keys) : keys;
    if (length == 1)
        return joinHeads(attend(query, key.narrow(2, keys - seen, seen),
                                value.narrow(2, keys - seen, seen), {options.scale}));
    if (past > 0) {
        const at::Tensor before =
            at::zeros({query.size(0), query.size(1), past, query.size(3)}, query.options());
        return device::causalAttention(at::cat({before, query}, 2), key, value, options)
            .narrow(1, past, length);
    }
    if (seen < keys) return slidingAttention(query, key, value, options);
    return joinHeads(attend(query, key, value, {options.scale, true}));
}

}  // namespace skd::device
