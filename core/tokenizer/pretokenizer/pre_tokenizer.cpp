#include "tokenizer/pretokenizer/pre_tokenizer.h"

#include <algorithm>
#include <array>

#include "tokenizer/pretokenizer/split_behavior.h"

namespace skd {
namespace {

constexpr std::string_view kMetaspace = "\xE2\x96\x81";  // U+2581

class ScannerSplit final : public PreTokenizer {
public:
    explicit ScannerSplit(KnownPattern pattern) : m_pattern(pattern) {}
    Status split(std::string_view text, bool, PieceSink sink) const override {
        scanPieces(m_pattern, text, sink);
        return {};
    }

private:
    KnownPattern m_pattern;
};

class MatcherSplit final : public PreTokenizer {
public:
    MatcherSplit(std::unique_ptr<const Matcher> matcher, SplitBehavior behavior, bool invert)
        : m_matcher(std::move(matcher)), m_behavior(behavior), m_invert(invert) {}

    Status split(std::string_view text, bool, PieceSink sink) const override {
        if (m_behavior == SplitBehavior::Isolated || m_behavior == SplitBehavior::Removed)
            return stream(text, sink);
        std::vector<Span> spans;
        std::size_t last = 0;
        SKD_CHECK(m_matcher->forEachMatch(text, [&](std::size_t begin, std::size_t end) {
            if (last != begin) spans.push_back({last, begin, m_invert});
            spans.push_back({begin, end, !m_invert});
            last = end;
        }));
        if (last != text.size()) spans.push_back({last, text.size(), m_invert});
        for (const Span& span : mergeSpans(spans, m_behavior))
            if (span.begin != span.end) sink(text.substr(span.begin, span.end - span.begin));
        return {};
    }

private:
    /// Isolated and Removed decide span by span and need no memory.
    Status stream(std::string_view text, PieceSink sink) const {
        const bool all = m_behavior == SplitBehavior::Isolated;
        std::size_t last = 0;
        const auto emit = [&](std::size_t begin, std::size_t end, bool isMatch) {
            if (begin != end && (all || !isMatch)) sink(text.substr(begin, end - begin));
        };
        SKD_CHECK(m_matcher->forEachMatch(text, [&](std::size_t begin, std::size_t end) {
            emit(last, begin, m_invert);
            emit(begin, end, !m_invert);
            last = end;
        }));
        emit(last, text.size(), m_invert);
        return {};
    }

    std::unique_ptr<const Matcher> m_matcher;
    SplitBehavior m_behavior;
    bool m_invert;
};

class PrefixSpace final : public PreTokenizer {
public:
    Status split(std::string_view text, bool, PieceSink sink) const override {
        if (text.starts_with(' ')) {
            sink(text);
        } else {
            std::string prefixed(" ");
            prefixed += text;
            sink(prefixed);
        }
        return {};
    }
};

class Metaspace final : public PreTokenizer {
public:
    Metaspace(std::string replacement, PrependScheme scheme, bool split)
        : m_replacement(std::move(replacement)), m_scheme(scheme), m_split(split) {}

    Status split(std::string_view text, bool atStart, PieceSink sink) const override {
        const std::string replaced = replaceSpaces(text, atStart);
        std::string_view rest = replaced;
        while (m_split && !rest.empty()) {
            const std::size_t next = rest.find(
                m_replacement, rest.starts_with(m_replacement) ? m_replacement.size() : 0);
            sink(rest.substr(0, next));
            rest.remove_prefix(std::min(next, rest.size()));
        }
        if (!m_split) sink(rest);
        return {};
    }

private:
    [[nodiscard]] std::string replaceSpaces(std::string_view text, bool atStart) const {
        std::string replaced;
        replaced.reserve(text.size() + text.size() / 2);
        const bool prepend =
            m_scheme == PrependScheme::Always || (m_scheme == PrependScheme::First && atStart);
        if (prepend && !text.starts_with(' ') && !text.starts_with(m_replacement))
            replaced += m_replacement;
        for (const char c : text) {
            if (c == ' ')
                replaced += m_replacement;
            else
                replaced += c;
        }
        return replaced;
    }

    std::string m_replacement;
    PrependScheme m_scheme;
    bool m_split;
};

class MetaspaceRuns final : public PreTokenizer {
public:
    explicit MetaspaceRuns(const ByteSet& joined) : m_joined(joined) {}
    Status split(std::string_view text, bool, PieceSink sink) const override {
        std::size_t begin = 0;
        std::size_t at = 0;
        while (at < text.size()) {
            while (text.substr(at).starts_with(kMetaspace)) at += kMetaspace.size();
            at = std::min(text.find(kMetaspace, at), text.size());
            if (at < text.size() && m_joined[static_cast<unsigned char>(text[at - 1])]) continue;
            sink(text.substr(begin, at - begin));
            begin = at;
        }
        return {};
    }

private:
    ByteSet m_joined;
};

class Sequence final : public PreTokenizer {
public:
    explicit Sequence(std::vector<PreTokenizerPtr> stages) : m_stages(std::move(stages)) {}
    Status split(std::string_view text, bool atStart, PieceSink sink) const override {
        return run(0, text, atStart, sink);
    }

private:
    Status run(std::size_t stage, std::string_view text, bool atStart, PieceSink sink) const {
        if (stage == m_stages.size()) {
            sink(text);
            return {};
        }
        if (stage + 1 == m_stages.size()) return m_stages[stage]->split(text, atStart, sink);
        Status status;
        bool first = atStart;
        const auto next = [&](std::string_view piece) {
            if (status) status = run(stage + 1, piece, first, sink);
            first = false;
        };
        SKD_CHECK(m_stages[stage]->split(text, atStart, next));
        return status;
    }

    std::vector<PreTokenizerPtr> m_stages;
};

}  // namespace

PreTokenizerPtr scannerSplit(KnownPattern pattern) {
    return std::make_unique<ScannerSplit>(pattern);
}

PreTokenizerPtr matcherSplit(std::unique_ptr<const Matcher> matcher, SplitBehavior behavior,
                             bool invert) {
    return std::make_unique<MatcherSplit>(std::move(matcher), behavior, invert);
}

PreTokenizerPtr prefixSpace() {
    return std::make_unique<PrefixSpace>();
}

PreTokenizerPtr metaspace(std::string replacement, PrependScheme scheme, bool split) {
    return std::make_unique<Metaspace>(std::move(replacement), scheme, split);
}

PreTokenizerPtr metaspaceRuns(const ByteSet& joined) {
    return std::make_unique<MetaspaceRuns>(joined);
}

PreTokenizerPtr sequence(std::vector<PreTokenizerPtr> stages) {
    if (stages.size() == 1) return std::move(stages.front());
    return std::make_unique<Sequence>(std::move(stages));
}

}  // namespace skd
