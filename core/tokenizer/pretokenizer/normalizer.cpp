#include "tokenizer/pretokenizer/normalizer.h"

namespace skd {

Normalizer prependNormalizer(std::string prefix) {
    return [prefix = std::move(prefix)](std::string_view text, std::string& buffer) {
        if (text.empty()) return text;
        buffer = prefix;
        buffer += text;
        return std::string_view(buffer);
    };
}

Normalizer replaceNormalizer(Matcher matcher, std::string content) {
    return [matcher = std::move(matcher), content = std::move(content)](
               std::string_view text, std::string& buffer) -> Result<std::string_view> {
        bool changed = false;
        std::size_t last = 0;
        buffer.clear();
        SKD_CHECK(matcher(text, [&](std::size_t begin, std::size_t end) {
            changed = true;
            buffer += text.substr(last, begin - last);
            buffer += content;
            last = end;
        }));
        if (!changed) return text;
        buffer += text.substr(last);
        return std::string_view(buffer);
    };
}

Normalizer normalizerSequence(std::vector<Normalizer> parts) {
    if (parts.size() == 1) return std::move(parts.front());
    return [parts = std::move(parts)](std::string_view text,
                                      std::string& buffer) -> Result<std::string_view> {
        std::string input;
        std::string_view current = text;
        for (const Normalizer& part : parts) {
            if (current.data() == buffer.data()) {
                input.swap(buffer);
                current = input;
            }
            SKD_TRY(current, part(current, buffer));
        }
        if (current.data() == input.data()) {
            buffer.swap(input);
            current = buffer;
        }
        return current;
    };
}

}  // namespace skd
