"""The sample model's tokeniser for transformers."""
import gguf
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast


def tokenizer_of(path):
    """SmolLM2's tokeniser from the GGUF vocabulary, with its published pre-tokeniser."""
    fields = gguf.GGUFReader(path).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    kinds = fields["tokenizer.ggml.token_type"].contents()
    tokenizer = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.add_special_tokens([AddedToken(t, special=True) for t, kind in zip(tokens, kinds) if kind == 3])
    name = lambda key: tokens[fields[f"tokenizer.ggml.{key}"].contents()]
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=name("bos_token_id"), eos_token=name("eos_token_id"))
