#include "tokenizer/pretokenizer/normalizer.h"

namespace skd {
namespace {

class PrependNormalizer final : public Normalizer {
public:
    explicit PrependNormalizer(std::string prefix) : m_prefix(std::move(prefix)) {}
    Result<std::string_view> apply(std::string_view text, std::string& buffer) const override {
        if (text.empty()) return text;
        buffer = m_prefix;
        buffer += text;
        return std::string_view(buffer);
    }

private:
    std::string m_prefix;
};

class ReplaceNormalizer final : public Normalizer {
public:
    ReplaceNormalizer(std::unique_ptr<const Matcher> matcher, std::string content)
        : m_matcher(std::move(matcher)), m_content(std::move(content)) {}

    Result<std::string_view> apply(std::string_view text, std::string& buffer) const override {
        bool changed = false;
        std::size_t last = 0;
        buffer.clear();
        SKD_CHECK(m_matcher->forEachMatch(text, [&](std::size_t begin, std::size_t end) {
            changed = true;
            buffer += text.substr(last, begin - last);
            buffer += m_content;
            last = end;
        }));
        if (!changed) return text;
        buffer += text.substr(last);
        return std::string_view(buffer);
    }

private:
    std::unique_ptr<const Matcher> m_matcher;
    std::string m_content;
};

class NormalizerSequence final : public Normalizer {
public:
    explicit NormalizerSequence(std::vector<NormalizerPtr> parts) : m_parts(std::move(parts)) {}

    Result<std::string_view> apply(std::string_view text, std::string& buffer) const override {
        std::string input;
        std::string_view current = text;
        for (const NormalizerPtr& part : m_parts) {
            if (current.data() == buffer.data()) {
                input.swap(buffer);
                current = input;
            }
            SKD_TRY(current, part->apply(current, buffer));
        }
        if (current.data() == input.data()) {
            buffer.swap(input);
            current = buffer;
        }
        return current;
    }

private:
    std::vector<NormalizerPtr> m_parts;
};

}  // namespace

NormalizerPtr prependNormalizer(std::string prefix) {
    return std::make_unique<PrependNormalizer>(std::move(prefix));
}

NormalizerPtr replaceNormalizer(std::unique_ptr<const Matcher> matcher, std::string content) {
    return std::make_unique<ReplaceNormalizer>(std::move(matcher), std::move(content));
}

NormalizerPtr normalizerSequence(std::vector<NormalizerPtr> parts) {
    if (parts.size() == 1) return std::move(parts.front());
    return std::make_unique<NormalizerSequence>(std::move(parts));
}

}  // namespace skd
