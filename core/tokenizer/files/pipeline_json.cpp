#include "tokenizer/files/pipeline_json.h"

#include <utility>

#include "base/text.h"
#include "tokenizer/files/json_fields.h"

namespace skd {
namespace {

/// Stages of one kind that a tokeniser may have; those in use have five at most. Each pre-tokeniser
/// stage takes a piece of the stack.
constexpr std::size_t kMostStages = 64;

Status checkStages(std::size_t count, std::string_view kind) {
    if (count <= kMostStages) return {};
    return fail(ErrorCode::Unsupported,
                strCat(kind, ": more than ", kMostStages, " stages are not supported"));
}

/// {"Regex": …} or {"String": …}
Result<Matcher> readPattern(const Json& part, std::string_view where) {
    const Json* pattern = findMember(part, "pattern");
    for (const auto& [key, matcherOf] :
         {std::pair{"Regex", &regexMatcher}, {"String", &literalMatcher}})
        if (pattern && findMember(*pattern, key)) {
            SKD_TRY(const std::string text, stringMember(*pattern, key, where));
            return matcherOf(text);
        }
    return fail(ErrorCode::Corrupt,
                strCat(where, ": \"pattern\" must hold \"Regex\" or \"String\""));
}

Result<SplitBehavior> readBehavior(const Json& part) {
    SKD_TRY(const std::string name, stringMember(part, "behavior", "pre_tokenizer Split"));
    SplitBehavior behavior{};
    if (parseEnum(name, behavior)) return behavior;
    return unsupported("a Split behavior", name, joined(enumNames<SplitBehavior>()));
}

Status addSplit(const Json& part, PreTokenizerPlan& plan) {
    SKD_TRY(const SplitBehavior behavior, readBehavior(part));
    SKD_TRY(const bool invert, boolMember(part, "invert", false, "pre_tokenizer Split"));
    // The known patterns match everything, so keeping all or dropping what is unmatched is the
    // same.
    const bool keepsMatches =
        behavior == (invert ? SplitBehavior::Removed : SplitBehavior::Isolated);
    if (const Json* pattern = findMember(part, "pattern"); pattern && keepsMatches) {
        const Json* regex = findMember(*pattern, "Regex");
        if (const auto known = regex && regex->is_string() ? findKnownPattern(valueOr(*regex, ""))
                                                           : std::nullopt) {
            plan.add(scannerSplit(*known), enumName(*known));
            return {};
        }
    }
    SKD_TRY(auto matcher, readPattern(part, "pre_tokenizer Split"));
    plan.add(matcherSplit(std::move(matcher), behavior, invert), "own pattern");
    return {};
}

Status addByteLevel(const Json& part, PreTokenizerPlan& plan) {
    constexpr std::string_view kWhere = "pre_tokenizer ByteLevel";
    if (!findMember(part, "add_prefix_space"))
        return fail(ErrorCode::Corrupt, strCat(kWhere, ": \"add_prefix_space\" is missing"));
    SKD_TRY(const bool prefix, boolMember(part, "add_prefix_space", false, kWhere));
    SKD_TRY(const bool regex, boolMember(part, "use_regex", true, kWhere));
    plan.byteLevel = true;
    if (prefix) plan.add(prefixSpace, "prefix space");
    if (regex) plan.add(scannerSplit(KnownPattern::Gpt2), enumName(KnownPattern::Gpt2));
    return {};
}

Status addMetaspace(const Json& part, PreTokenizerPlan& plan) {
    constexpr std::string_view kWhere = "pre_tokenizer Metaspace";
    SKD_TRY(std::string replacement, stringMember(part, "replacement", kWhere));
    if (characterCount(replacement) != 1)
        return fail(ErrorCode::Corrupt, strCat(kWhere, ": \"replacement\" must be one character"));
    SKD_TRY(const bool oldPrefix, boolMember(part, "add_prefix_space", true, kWhere));
    SKD_TRY(const bool split, boolMember(part, "split", true, kWhere));
    SKD_TRY(const std::string scheme, optionalString(part, "prepend_scheme", kWhere));
    PrependScheme when = oldPrefix ? PrependScheme::Always : PrependScheme::Never;
    if (!scheme.empty() && !parseEnum(scheme, when))
        return unsupported("a prepend_scheme", scheme, joined(enumNames<PrependScheme>()));
    plan.add(metaspace(std::move(replacement), when, split), "metaspace");
    return {};
}

Status addPreTokenizer(const Json& part, PreTokenizerPlan& plan) {
    SKD_TRY(const std::string type, partType(part, "pre_tokenizer"));
    if (plan.byteLevel)
        return fail(ErrorCode::Unsupported, strCat("pre_tokenizer ByteLevel must come last, but \"",
                                                   type, "\" follows it"));
    if (type == "Sequence") {
        SKD_TRY(const Json* parts, arrayMember(part, "pretokenizers", "pre_tokenizer Sequence"));
        for (const Json& inner : *parts) {
            SKD_CHECK(addPreTokenizer(inner, plan));
            SKD_CHECK(checkStages(plan.stages.size(), "pre_tokenizer"));
        }
        return {};
    }
    if (type == "Split") return addSplit(part, plan);
    if (type == "ByteLevel") return addByteLevel(part, plan);
    if (type == "Metaspace") return addMetaspace(part, plan);
    if (type == "Digits") {
        SKD_TRY(const bool individual,
                boolMember(part, "individual_digits", false, "pre_tokenizer Digits"));
        const auto behavior = individual ? SplitBehavior::Isolated : SplitBehavior::Contiguous;
        plan.add(matcherSplit(matchDigits, behavior, false), individual ? "digits" : "digit runs");
        return {};
    }
    return unsupported("a pre_tokenizer", type, "ByteLevel, Digits, Metaspace, Sequence, Split");
}

/// `count`: stages so far, those of inner sequences included.
Result<Normalizer> readStage(const Json& part, std::size_t& count) {
    SKD_CHECK(checkStages(++count, "normalizer"));
    SKD_TRY(const std::string type, partType(part, "normalizer"));
    if (type == "NFC") return unicodeNormalizer(UnicodeForm::Nfc);
    if (type == "NFKC") return unicodeNormalizer(UnicodeForm::Nfkc);
    if (type == "Prepend") {
        SKD_TRY(std::string prefix, stringMember(part, "prepend", "normalizer Prepend"));
        return prependNormalizer(std::move(prefix));
    }
    if (type == "Replace") {
        SKD_TRY(auto matcher, readPattern(part, "normalizer Replace"));
        SKD_TRY(std::string content, stringMember(part, "content", "normalizer Replace"));
        return replaceNormalizer(std::move(matcher), std::move(content));
    }
    if (type == "Sequence") {
        SKD_TRY(const Json* list, arrayMember(part, "normalizers", "normalizer Sequence"));
        std::vector<Normalizer> parts;
        for (const Json& inner : *list) {
            SKD_TRY(auto normalizer, readStage(inner, count));
            if (normalizer) parts.push_back(std::move(normalizer));
        }
        if (parts.empty()) return nullptr;
        return normalizerSequence(std::move(parts));
    }
    return unsupported("a normalizer", type, "NFC, NFKC, Prepend, Replace, Sequence");
}

}  // namespace

Result<Normalizer> readNormalizer(const Json* part) {
    std::size_t count = 0;
    if (!part) return nullptr;
    return readStage(*part, count);
}

Result<PreTokenizerPlan> readPreTokenizer(const Json* part) {
    PreTokenizerPlan plan;
    if (part) SKD_CHECK(addPreTokenizer(*part, plan));
    return plan;
}

void PreTokenizerPlan::add(PreTokenizer stage, std::string_view name) {
    stages.push_back(std::move(stage));
    appendPart(names, name, " + ");
}

std::string PreTokenizerPlan::name() const {
    if (names.empty()) return "none";
    return names == "digits + gpt-2" ? "smollm" : names;
}

}  // namespace skd
