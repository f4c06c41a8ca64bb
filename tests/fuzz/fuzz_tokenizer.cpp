// A tokenizer.json, and what it then does to text.
#include "fuzz/fuzz_target.h"
#include "tokenizer/tokenizer.h"

namespace skd::fuzz {

void tryInput(std::string_view input) {
    const auto tokenizer = Tokenizer::fromJson(input);
    if (!tokenizer) return;
    for (const char* text : {"", "Hello world", " 12345 can't\r\n\n\t",
                             "\u00e9\u0301\u4f60\u597d\U0001f600<|endoftext|>"}) {
        const auto ids = (*tokenizer)->encode(text, {.addSpecialTokens = true});
        if (!ids) continue;
        for (const TokenId id : *ids) static_cast<void>((*tokenizer)->tokenText(id));
        static_cast<void>((*tokenizer)->decode(*ids));
        static_cast<void>((*tokenizer)->decode(*ids, true));
    }
}

}  // namespace skd::fuzz
