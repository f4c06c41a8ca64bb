#pragma once

#include "eval/eval_text.h"
#include "model/decoder.h"

namespace skd::test {

/// A two-token model whose next token is 1 with probability p whatever came before.
Decoder coin(double p);
/// 1 0 0 1 0 0 ..., bos 0
EvalText coinText(std::int64_t tokens);
/// NLL of the tokens with these indices under coin(p), in closed form.
double coinNll(const EvalText& text, const std::vector<std::int64_t>& indices, double p);

}  // namespace skd::test
