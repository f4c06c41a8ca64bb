// The parts of a tokenizer.json that work on ids: decoder and post_processor.
#include <algorithm>

#include "base/text.h"
#include "tokenizer/files/json_fields.h"
#include "tokenizer/files/pipeline_json.h"

namespace skd {
namespace {

/// Decoders run in order; ours runs Replace, ByteFallback, Fuse, Strip in that order only.
class DecoderReader {
public:
    Status add(const Json& part) {
        SKD_TRY(const std::string type, partType(part, "decoder"));
        if (type == "Sequence") {
            SKD_TRY(const Json* parts, arrayMember(part, "decoders", "decoder Sequence"));
            for (const Json& inner : *parts) SKD_CHECK(add(inner));
            return {};
        }
        if (type == "ByteLevel") return step(1, type, [&] { rules.byteLevel = true; });
        if (type == "Replace") return replace(part);
        if (type == "Metaspace") return metaspace(part);
        if (type == "ByteFallback") return step(3, type, [&] { rules.byteFallback = true; });
        if (type == "Fuse") return step(4, type, [] {});
        if (type == "Strip") return strip(part);
        return unsupported("a decoder", type,
                           "ByteFallback, ByteLevel, Fuse, Metaspace, Replace, Sequence, Strip");
    }

    DecodingRules rules;

private:
    template <class Action>
    Status step(int order, std::string_view type, Action action) {
        if (order < m_last || (order == 1 && m_last > 0) || (m_last == 1 && order != 4))
            return fail(
                ErrorCode::Unsupported,
                strCat("decoder \"", type,
                       "\" stands where this program cannot run it; known is "
                       "ByteLevel alone, or Replace, ByteFallback, Fuse, Strip in this order"));
        m_last = order;
        action();
        return {};
    }

    Status replace(const Json& part) {
        const Json* pattern = findMember(part, "pattern");
        if (!pattern) return fail(ErrorCode::Corrupt, "decoder Replace: \"pattern\" is missing");
        if (!findMember(*pattern, "String"))
            return fail(ErrorCode::Unsupported,
                        "decoder Replace: only a \"String\" pattern is supported");
        SKD_TRY(std::string from, stringMember(*pattern, "String", "decoder Replace"));
        SKD_TRY(std::string to, stringMember(part, "content", "decoder Replace"));
        if (from.empty()) return fail(ErrorCode::Corrupt, "decoder Replace: the pattern is empty");
        m_growth *=
            std::max(1.0, static_cast<double>(to.size()) / static_cast<double>(from.size()));
        if (m_growth > kMostGrowth)
            return fail(ErrorCode::Unsupported,
                        strCat("decoder Replace: rules that could make a token more than ",
                               kMostGrowth, " times as long are not supported"));
        return step(2, "Replace",
                    [&] { rules.replacements.emplace_back(std::move(from), std::move(to)); });
    }

    Status metaspace(const Json& part) {
        SKD_TRY(std::string from, stringMember(part, "replacement", "decoder Metaspace"));
        if (from.empty())
            return fail(ErrorCode::Corrupt, "decoder Metaspace: \"replacement\" is empty");
        SKD_TRY(const std::string scheme,
                optionalString(part, "prepend_scheme", "decoder Metaspace"));
        SKD_TRY(const bool oldPrefix,
                boolMember(part, "add_prefix_space", true, "decoder Metaspace"));
        return step(2, "Metaspace", [&] {
            rules.replacements.emplace_back(std::move(from), " ");
            rules.trimFirst = scheme.empty() ? oldPrefix : scheme != "never";
        });
    }

    Status strip(const Json& part) {
        SKD_TRY(const std::string content, stringMember(part, "content", "decoder Strip"));
        const Json* start = findMember(part, "start");
        const Json* stop = findMember(part, "stop");
        if (content.size() != 1 || !start || !start->is_number_unsigned() || !stop ||
            !stop->is_number_unsigned())
            return fail(ErrorCode::Unsupported,
                        "decoder Strip: only one ASCII character with whole \"start\" and \"stop\" "
                        "is supported");
        if (m_last != 4)
            return fail(ErrorCode::Unsupported, "decoder Strip is supported after Fuse only");
        return step(5, "Strip", [&] {
            rules.stripped = content.front();
            rules.stripStart = valueOr(*start, std::size_t{0});
            rules.stripEnd = valueOr(*stop, std::size_t{0});
        });
    }

    static constexpr int kMostGrowth = 64;
    int m_last = 0;
    double m_growth = 1;  ///< of a token in bytes, at most, by all replacements
};

constexpr std::string_view kTemplate = "post_processor TemplateProcessing";
constexpr std::size_t kMostAround = 1024;  ///< tokens before, or after, a text

Status appendIds(const Json& part, const std::string& name, const TokenTable& tokens,
                 std::vector<TokenId>& out) {
    const Json* table = findMember(part, "special_tokens");
    const Json* entry = table ? findMember(*table, name) : nullptr;
    if (!entry)
        return fail(ErrorCode::Corrupt,
                    strCat(kTemplate, ": ", quoted(name), " is not in \"special_tokens\""));
    SKD_TRY(const Json* ids, arrayMember(*entry, "ids", kTemplate));
    for (const Json& id : *ids) {
        const auto number = id.is_number_unsigned() ? valueAs<TokenId>(id) : std::nullopt;
        if (!number || *number >= tokens.idLimit() || !tokens.has(*number))
            return fail(ErrorCode::Corrupt,
                        strCat(kTemplate, ": ", quoted(name), " has an id without a token"));
        out.push_back(*number);
    }
    if (out.size() > kMostAround)
        return fail(ErrorCode::Unsupported,
                    strCat(kTemplate, ": more than ", kMostAround, " tokens around a text"));
    return {};
}

Status addTemplate(const Json& part, const TokenTable& tokens, PostProcessorPlan& plan) {
    SKD_TRY(const Json* single, arrayMember(part, "single", kTemplate));
    std::vector<TokenId> before;
    std::vector<TokenId> after;
    bool sawText = false;
    for (const Json& piece : *single) {
        if (findMember(piece, "Sequence")) {
            if (sawText)
                return fail(ErrorCode::Corrupt,
                            strCat(kTemplate, ": the text stands twice in \"single\""));
            sawText = true;
        } else if (const Json* special = findMember(piece, "SpecialToken")) {
            SKD_TRY(const std::string name, stringMember(*special, "id", kTemplate));
            SKD_CHECK(appendIds(part, name, tokens, sawText ? after : before));
        } else {
            return fail(
                ErrorCode::Corrupt,
                strCat(kTemplate, ": an item of \"single\" is neither Sequence nor SpecialToken"));
        }
    }
    if (!sawText)
        return fail(ErrorCode::Corrupt,
                    strCat(kTemplate, ": \"single\" has no place for the text"));
    plan.prefix.insert(plan.prefix.begin(), before.begin(), before.end());
    plan.suffix.insert(plan.suffix.end(), after.begin(), after.end());
    return {};
}

Status addPostProcessor(const Json& part, const TokenTable& tokens, PostProcessorPlan& plan) {
    SKD_TRY(const std::string type, partType(part, "post_processor"));
    if (type == "ByteLevel") return {};  // moves offsets only
    if (type == "TemplateProcessing") return addTemplate(part, tokens, plan);
    if (type == "Sequence") {
        SKD_TRY(const Json* parts, arrayMember(part, "processors", "post_processor Sequence"));
        for (const Json& inner : *parts) SKD_CHECK(addPostProcessor(inner, tokens, plan));
        return {};
    }
    return unsupported("a post_processor", type, "ByteLevel, Sequence, TemplateProcessing");
}

}  // namespace

Result<DecodingRules> readDecoder(const Json* part) {
    DecoderReader reader;
    if (part) {
        SKD_CHECK(reader.add(*part));
    } else {
        reader.rules.joinWithSpaces = true;
    }
    return std::move(reader.rules);
}

Result<PostProcessorPlan> readPostProcessor(const Json* part, const TokenTable& tokens) {
    PostProcessorPlan plan;
    if (part) SKD_CHECK(addPostProcessor(*part, tokens, plan));
    return plan;
}

}  // namespace skd
