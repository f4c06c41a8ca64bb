# SPDX-License-Identifier: Apache-2.0
"""Pruned models of SparseKD Workbench for transformers, and for vLLM through its Transformers backend.

The family's own classes run the model; what pruning has changed is put in their place after they are built,
as config.json says under "sparsekd": matrices as two factors or as an identity block, other widths of MLP, gate
and up with one first factor, a narrowed residual stream. Every matrix is a plain nn.Linear, so that a server may
replace and shard it; modules of another layout have a class of their own, for servers look at classes to fuse
matrices.
"""

import torch
import transformers
from torch import nn
from transformers.activations import ACT2FN


class LowRankLinear(nn.Module):
    """y = A (B x) + bias"""

    def __init__(self, inputs, outputs, rank, bias):
        super().__init__()
        self.b = nn.Linear(inputs, rank, bias=False)
        self.a = nn.Linear(rank, outputs, bias=bias)

    def forward(self, x):
        return self.a(self.b(x))


class IdentityBlockLinear(nn.Module):
    """z = B x; y = the rows of z and of C z, each in its place, + bias"""

    def __init__(self, inputs, outputs, rank, bias):
        super().__init__()
        self.b = nn.Linear(inputs, rank, bias=False)
        self.c = nn.Linear(rank, outputs - rank, bias=False) if outputs > rank else None
        self.bias = nn.Parameter(torch.empty(outputs)) if bias else None
        # The place of a row in [z; C z]; it is no parameter, and read with the weights.
        self.register_buffer("order", torch.arange(outputs, dtype=torch.int32))

    def forward(self, x):
        z = self.b(x)
        y = z if self.c is None else torch.cat([z, self.c(z)], dim=-1).index_select(-1, self.order)
        return y if self.bias is None else y + self.bias


FORMS = {"factored": LowRankLinear, "identity-block": IdentityBlockLinear}


class GatedMlp(nn.Module):
    """down(activation(gate x) * up x)"""

    def forward(self, x):
        return self.down_proj(self.act_fn(self.gate_proj(x)) * self.up_proj(x))


class SharedFactorMlp(nn.Module):
    """down(activation(gate z) * up z) with z = B x: gate and up have one first factor."""

    def forward(self, x):
        z = self.shared_proj(x)
        return self.down_proj(self.act_fn(self.gate_proj(z)) * self.up_proj(z))


class StackedMlp(nn.Module):
    """down(activation(gate) * up) with gate and up as the halves of one identity block."""

    def forward(self, x):
        gate, up = self.gate_up_proj(x).chunk(2, dim=-1)
        return self.down_proj(self.act_fn(gate) * up)


_subclasses = {}


def _become(module, layout, members=None):
    """Makes `module` one of a class that modules of this layout alone have."""
    key = (type(module), layout)
    if key not in _subclasses:
        name = f"{type(module).__name__}{len(_subclasses)}"
        _subclasses[key] = type(name, (type(module),), {"__module__": __name__, **(members or {})})
        globals()[name] = _subclasses[key]
    module.__class__ = _subclasses[key]


class _Matrices:
    """The matrices of one layer as its entry in config.json has them."""

    def __init__(self, entry, part):
        self.ranks, self.forms, self.part = entry["ranks"], entry.get("forms", {}), part

    def form(self, name):
        path = f"{self.part}.{name}"
        return self.forms.get(path, "factored") if path in self.ranks else "dense"

    def layout(self, names):
        return self.part, *(self.form(name) for name in names)

    def make(self, name, inputs, outputs, bias):
        if self.form(name) == "dense":
            return nn.Linear(inputs, outputs, bias=bias)
        return FORMS[self.form(name)](inputs, outputs, self.ranks[f"{self.part}.{name}"], bias)


def _is_stacked(entry):
    return entry["fused_gate_up"] and "mlp.gate_up_proj" in entry["ranks"]


def _make_mlp(entry, activation, bias):
    matrices, (_, inputs, outputs) = _Matrices(entry, "mlp"), entry["widths"]
    inner, names = entry["intermediate_size"], ("gate_proj", "up_proj", "down_proj")
    if not _is_stacked(entry):
        mlp = GatedMlp()
        mlp.gate_proj = matrices.make("gate_proj", inputs, inner, bias)
        mlp.up_proj = matrices.make("up_proj", inputs, inner, bias)
    elif matrices.form("gate_up_proj") == "identity-block":
        mlp, names = StackedMlp(), ("gate_up_proj", "down_proj")
        mlp.gate_up_proj = matrices.make("gate_up_proj", inputs, 2 * inner, bias)
    else:
        mlp, names, rank = SharedFactorMlp(), ("gate_up_proj", "down_proj"), entry["ranks"]["mlp.gate_up_proj"]
        mlp.shared_proj = nn.Linear(inputs, rank, bias=False)
        mlp.gate_proj = nn.Linear(rank, inner, bias=bias)
        mlp.up_proj = nn.Linear(rank, inner, bias=bias)
    mlp.down_proj = matrices.make("down_proj", inner, outputs, bias)
    mlp.act_fn = ACT2FN[activation]
    _become(mlp, matrices.layout(names))
    return mlp


def _joined_qkv(attention, x):
    """What the family's single matrix gives, of the three that it was cut into."""
    return torch.cat([attention.q_proj(x), attention.k_proj(x), attention.v_proj(x)], dim=-1)


def _replace_attention(attention, entry, config):
    matrices, (inputs, outputs, _) = _Matrices(entry, "self_attn"), entry["widths"]
    heads, groups = config.num_attention_heads * attention.head_dim, config.num_key_value_heads * attention.head_dim
    joined = hasattr(attention, "qkv_proj")
    for name, rows in (("q_proj", heads), ("k_proj", groups), ("v_proj", groups)):
        bias = not joined and getattr(attention, name).bias is not None
        setattr(attention, name, matrices.make(name, inputs, rows, bias))
    attention.o_proj = matrices.make("o_proj", heads, outputs, attention.o_proj.bias is not None)
    layout = matrices.layout(("q_proj", "k_proj", "v_proj", "o_proj"))
    if joined:
        del attention.qkv_proj
        _become(attention, layout, {"qkv_proj": _joined_qkv})
    elif set(layout[1:]) != {"dense"}:
        _become(attention, layout)


def _narrowed_forward(self, hidden_states, **kwargs):
    """A layer whose residual stream changes its width (SliceGPT)."""
    model, first, last = self.place
    if first and hasattr(model, "entrance"):
        hidden_states = model.entrance(hidden_states)
    attention = self.self_attn(hidden_states=self.input_layernorm(hidden_states), **kwargs)[0]
    if self.output_norms:
        attention = self.post_attention_layernorm(attention)
    stream = self.attention_shortcut(hidden_states) if self.attention_shortcut is not None else hidden_states
    hidden_states = stream + attention
    norm = self.pre_feedforward_layernorm if self.output_norms else self.post_attention_layernorm
    mlp = self.mlp(norm(hidden_states))
    if self.output_norms:
        mlp = self.post_feedforward_layernorm(mlp)
    stream = self.mlp_shortcut(hidden_states) if self.mlp_shortcut is not None else hidden_states
    hidden_states = stream + mlp
    return model.exit(hidden_states) if last and hasattr(model, "exit") else hidden_states


def _narrow(layer, entry, place):
    """Gives a layer norms and maps of the widths that `entry` says; `place`: its model, is it first, is it last."""
    config = place[0].config
    first, middle, last = entry["widths"]
    hidden, epsilon = config.hidden_size, config.rms_norm_eps
    before_mlp = "pre_feedforward_layernorm" if hasattr(layer, "pre_feedforward_layernorm") else "post_attention_layernorm"
    for name, width in (("input_layernorm", first), (before_mlp, middle)):
        # The mean of squares of a narrowed stream is over the width it had.
        setattr(layer, name, type(layer.input_layernorm)(width, eps=epsilon * hidden / width))
    layer.output_norms = before_mlp == "pre_feedforward_layernorm"
    layer.attention_shortcut = nn.Linear(first, middle, bias=False) if entry["attention_shortcut"] else None
    layer.mlp_shortcut = nn.Linear(middle, last, bias=False) if entry["mlp_shortcut"] else None
    # A tuple: the maps are the model's, which the layer must not own as a part.
    layer.place = place
    _become(layer, "narrowed", {"forward": _narrowed_forward})


def _replace(model, config):
    entries = config.sparsekd["layers"]
    activation = getattr(config, "hidden_activation", None) or config.hidden_act
    for index, (layer, entry) in enumerate(zip(model.layers, entries)):
        _replace_attention(layer.self_attn, entry, config)
        layer.mlp = _make_mlp(entry, activation, layer.mlp.down_proj.bias is not None)
        if entry["narrowed"]:
            _narrow(layer, entry, (model, index == 0, index == len(entries) - 1))
    # The maps belong to the model; the first and the last layer apply them.
    if config.sparsekd["entrance"]:
        model.entrance = nn.Linear(config.hidden_size, entries[0]["widths"][0], bias=False)
    if config.sparsekd["exit"]:
        model.exit = nn.Linear(entries[-1]["widths"][2], config.hidden_size, bias=False)


def _split_rows(path, form):
    """Shards of the outputs: the second factor's rows. An identity block's rows are in an order of their own."""
    return {path if form == "dense" else path + ".a": "colwise"} if form != "identity-block" else {}


def _split_columns(path, form):
    """Shards of the inputs: the first factor's columns, whose sums leave every rank with the whole."""
    return {path if form == "dense" else path + ".b": "rowwise"}


def _layer_plan(prefix, entry):
    """Which matrices of a layer are sharded between ranks, and how; what is not named is on every rank."""
    attention, mlp, plan = _Matrices(entry, "self_attn"), _Matrices(entry, "mlp"), {}
    for name in ("q_proj", "k_proj", "v_proj"):
        plan.update(_split_rows(f"{prefix}.self_attn.{name}", attention.form(name)))
    plan.update(_split_columns(f"{prefix}.self_attn.o_proj", attention.form("o_proj")))
    forms = [mlp.form(name) for name in (("gate_up_proj",) if _is_stacked(entry) else ("gate_proj", "up_proj"))]
    if "identity-block" in forms:
        return plan
    for name, form in zip(("gate_proj", "up_proj"), ("dense", "dense") if _is_stacked(entry) else forms):
        plan.update(_split_rows(f"{prefix}.mlp.{name}", form))
    plan.update(_split_columns(f"{prefix}.mlp.down_proj", mlp.form("down_proj")))
    return plan


def _tensor_parallel_plan(config):
    plan = {}
    # The family's config may ask before what is ours has been set.
    for index, entry in enumerate(getattr(config, "sparsekd", {}).get("layers", ())):
        plan.update(_layer_plan(f"layers.{index}", entry))
    return plan


def _keep_plan(config, plan):
    """Some families' configs choose a plan of their own when they are made; the layers decide it here."""


def _define(name, bases, members):
    globals()[name] = made = type(name, bases, {"__module__": __name__, **members})
    return made


def _family(name, base_model, base_config):
    """The classes of one family: its own ones, changed after they are built."""
    stock, stock_model = getattr(transformers, f"{name}ForCausalLM"), getattr(transformers, base_model)
    config_class = _define(
        f"SparseKD{name}Config",
        (getattr(transformers, base_config),),
        {"model_type": f"sparsekd_{name.lower()}", "base_model_tp_plan": property(_tensor_parallel_plan, _keep_plan)},
    )

    def init_model(self, config):
        stock_model.__init__(self, config)
        _replace(self, config)
        self.post_init()

    shared = {"config_class": config_class, "_supports_attention_backend": True}
    model_class = _define(f"SparseKD{name}Model", (stock_model,), {"__init__": init_model, **shared})

    def init_head(self, config):
        stock.__init__(self, config)
        self.model = model_class(config)
        self.post_init()

    _define(f"SparseKD{name}ForCausalLM", (stock,), {"__init__": init_head, **shared})


for _name, _model, _config in (
    ("Llama", "LlamaModel", "LlamaConfig"),
    ("Qwen2", "Qwen2Model", "Qwen2Config"),
    ("Qwen3", "Qwen3Model", "Qwen3Config"),
    ("Mistral", "MistralModel", "MistralConfig"),
    ("Phi3", "Phi3Model", "Phi3Config"),
    ("Gemma3", "Gemma3TextModel", "Gemma3TextConfig"),
):
    if hasattr(transformers, f"{_name}ForCausalLM"):
        _family(_name, _model, _config)
