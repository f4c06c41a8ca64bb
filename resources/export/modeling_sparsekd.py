# SPDX-License-Identifier: Apache-2.0
"""Pruned models of SparseKD Workbench for transformers.

The family's own classes run the model; what pruning has changed is put in their place after they are built,
as config.json says under "sparsekd": matrices as two factors or as an identity block, other widths of MLP, gate
and up as one matrix, a narrowed residual stream.
"""

import torch
import torch.nn.functional as F
import transformers
from torch import nn
from transformers.activations import ACT2FN


class LowRankLinear(nn.Module):
    """y = A (B x) + bias"""

    def __init__(self, inputs, outputs, rank, bias):
        super().__init__()
        self.in_features, self.out_features = inputs, outputs
        self.a = nn.Parameter(torch.empty(outputs, rank))
        self.b = nn.Parameter(torch.empty(rank, inputs))
        self.bias = nn.Parameter(torch.empty(outputs)) if bias else None

    def forward(self, x):
        return F.linear(F.linear(x, self.b), self.a, self.bias)


class IdentityBlockLinear(nn.Module):
    """z = B x; y = the rows of z and of C z, each in its place, + bias"""

    def __init__(self, inputs, outputs, rank, bias):
        super().__init__()
        self.in_features, self.out_features = inputs, outputs
        self.b = nn.Parameter(torch.empty(rank, inputs))
        self.c = nn.Parameter(torch.empty(outputs - rank, rank)) if outputs > rank else None
        self.bias = nn.Parameter(torch.empty(outputs)) if bias else None
        # The place of a row in [z; C z]; it is no parameter, and read with the weights.
        self.register_buffer("order", torch.arange(outputs, dtype=torch.int32))

    def forward(self, x):
        z = F.linear(x, self.b)
        y = z if self.c is None else torch.cat([z, F.linear(z, self.c)], dim=-1).index_select(-1, self.order)
        return y if self.bias is None else y + self.bias


FORMS = {"factored": LowRankLinear, "identity-block": IdentityBlockLinear}


class SideBySide(nn.Module):
    """Several matrices of one input where the family has a single one. They belong to the module around it."""

    def __init__(self, parts):
        super().__init__()
        object.__setattr__(self, "parts", tuple(parts))

    def forward(self, x):
        return torch.cat([part(x) for part in self.parts], dim=-1)


class GatedMlp(nn.Module):
    """down(activation(gate) * up), with gate and up apart or as one matrix."""

    def __init__(self, make, inputs, outputs, inner, fused, activation):
        super().__init__()
        self.fused = fused
        if fused:
            self.gate_up_proj = make("mlp.gate_up_proj", inputs, 2 * inner)
        else:
            self.gate_proj = make("mlp.gate_proj", inputs, inner)
            self.up_proj = make("mlp.up_proj", inputs, inner)
        self.down_proj = make("mlp.down_proj", inner, outputs)
        self.act_fn = ACT2FN[activation]

    def forward(self, x):
        gate, up = self.gate_up_proj(x).chunk(2, dim=-1) if self.fused else (self.gate_proj(x), self.up_proj(x))
        return self.down_proj(self.act_fn(gate) * up)


def _narrowed_forward(layer, hidden_states, **kwargs):
    """A layer whose residual stream changes its width (SliceGPT)."""
    if layer.entrance is not None:
        hidden_states = layer.entrance[0](hidden_states)
    attention = layer.self_attn(hidden_states=layer.input_layernorm(hidden_states), **kwargs)[0]
    if layer.output_norms:
        attention = layer.post_attention_layernorm(attention)
    stream = layer.attention_shortcut(hidden_states) if layer.attention_shortcut is not None else hidden_states
    hidden_states = stream + attention
    norm = layer.pre_feedforward_layernorm if layer.output_norms else layer.post_attention_layernorm
    mlp = layer.mlp(norm(hidden_states))
    if layer.output_norms:
        mlp = layer.post_feedforward_layernorm(mlp)
    stream = layer.mlp_shortcut(hidden_states) if layer.mlp_shortcut is not None else hidden_states
    hidden_states = stream + mlp
    return layer.exit[0](hidden_states) if layer.exit is not None else hidden_states


def _narrow(layer, entry, config):
    """Gives a layer norms and maps of the widths that `entry` says."""
    first, middle, last = entry["widths"]
    hidden, epsilon = config.hidden_size, config.rms_norm_eps
    before_mlp = "pre_feedforward_layernorm" if hasattr(layer, "pre_feedforward_layernorm") else "post_attention_layernorm"
    for name, width in (("input_layernorm", first), (before_mlp, middle)):
        # The mean of squares of a narrowed stream is over the width it had.
        setattr(layer, name, type(layer.input_layernorm)(width, eps=epsilon * hidden / width))
    layer.output_norms = before_mlp == "pre_feedforward_layernorm"
    layer.attention_shortcut = nn.Linear(first, middle, bias=False) if entry["attention_shortcut"] else None
    layer.mlp_shortcut = nn.Linear(middle, last, bias=False) if entry["mlp_shortcut"] else None
    layer.entrance = layer.exit = None
    layer.__class__ = type("Narrowed" + type(layer).__name__, (type(layer),), {"forward": _narrowed_forward})


def _replace_layer(layer, entry, config):
    ranks, forms, (first, middle, last) = entry["ranks"], entry.get("forms", {}), entry["widths"]

    def maker(bias):
        def make(name, inputs, outputs):
            if name in ranks:
                return FORMS[forms.get(name, "factored")](inputs, outputs, ranks[name], bias)
            return nn.Linear(inputs, outputs, bias=bias)

        return make

    attention = layer.self_attn
    heads, groups = config.num_attention_heads * attention.head_dim, config.num_key_value_heads * attention.head_dim
    joined = hasattr(attention, "qkv_proj")
    for name, rows in (("q_proj", heads), ("k_proj", groups), ("v_proj", groups)):
        bias = not joined and getattr(attention, name).bias is not None
        setattr(attention, name, maker(bias)("self_attn." + name, first, rows))
    if joined:
        attention.qkv_proj = SideBySide([attention.q_proj, attention.k_proj, attention.v_proj])
    attention.o_proj = maker(attention.o_proj.bias is not None)("self_attn.o_proj", heads, middle)
    activation = getattr(config, "hidden_activation", None) or config.hidden_act
    make = maker(layer.mlp.down_proj.bias is not None)
    layer.mlp = GatedMlp(make, middle, last, entry["intermediate_size"], entry["fused_gate_up"], activation)
    if entry["narrowed"]:
        _narrow(layer, entry, config)


def _replace(model, config):
    entries = config.sparsekd["layers"]
    for layer, entry in zip(model.layers, entries):
        _replace_layer(layer, entry, config)
    # The maps belong to the model; the first and the last layer apply them.
    if config.sparsekd["entrance"]:
        model.entrance = nn.Linear(config.hidden_size, entries[0]["widths"][0], bias=False)
        model.layers[0].entrance = (model.entrance,)
    if config.sparsekd["exit"]:
        model.exit = nn.Linear(entries[-1]["widths"][2], config.hidden_size, bias=False)
        model.layers[-1].exit = (model.exit,)


def _family(name, stock, stock_config):
    """The classes of one family: its own ones, changed after they are built."""
    base, base_config = getattr(transformers, stock), getattr(transformers, stock_config)
    config_class = type(
        f"SparseKD{name}Config", (base_config,), {"model_type": f"sparsekd_{name.lower()}", "__module__": __name__}
    )

    def __init__(self, config):
        base.__init__(self, config)
        _replace(self.model, config)

    model_class = type(
        f"SparseKD{name}ForCausalLM",
        (base,),
        {"__init__": __init__, "config_class": config_class, "__module__": __name__},
    )
    globals()[config_class.__name__] = config_class
    globals()[model_class.__name__] = model_class


for _name in ("Llama", "Qwen2", "Qwen3", "Mistral", "Phi3"):
    if hasattr(transformers, f"{_name}ForCausalLM"):
        _family(_name, f"{_name}ForCausalLM", f"{_name}Config")
if hasattr(transformers, "Gemma3ForCausalLM"):
    _family("Gemma3", "Gemma3ForCausalLM", "Gemma3TextConfig")
