#include "eval/eval_text.h"

#include "base/files.h"
#include "base/hash.h"
#include "base/resources.h"
#include "base/text.h"
#include "text/wikitext.h"

namespace skd {

Result<EvalText> loadEvalText(const EvalSpec& spec, const Tokenizer& tokenizer) {
    SKD_TRY(const std::filesystem::path path, resolveResource(spec.text));
    SKD_TRY(const std::string raw, readFile(path));
    EvalText text{{}, tokenizer.bos(), tokenizer.addsBos(), sha256Hex(raw), tokenizer.sha256()};
    const bool joined = spec.protocol == Protocol::NonOverlap2048;
    auto ids = tokenizer.encode(joined ? joinWikitextRows(raw) : raw);
    if (!ids) return fail(ids.error().in(path.string()));
    text.ids = std::move(*ids);
    if (spec.maxTokens > 0 && static_cast<std::int64_t>(text.ids.size()) > spec.maxTokens)
        text.ids.resize(static_cast<std::size_t>(spec.maxTokens));
    return text;
}

}  // namespace skd
