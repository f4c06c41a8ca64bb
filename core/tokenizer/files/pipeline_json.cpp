#include "tokenizer/files/pipeline_json.h"

#include <array>
#include <utility>

#include "base/text.h"
#include "tokenizer/files/json_fields.h"

namespace skd {
namespace {

/// {"Regex": …} or {"String": …}
Result<std::unique_ptr<const Matcher>> readPattern(const Json& part, std::string_view where) {
    const Json* pattern = findMember(part, "pattern");
    if (pattern && findMember(*pattern, "Regex")) {
        SKD_TRY(const std::string regex, stringMember(*pattern, "Regex", where));
        return regexMatcher(regex);
    }
    if (pattern && findMember(*pattern, "String")) {
        SKD_TRY(const std::string literal, stringMember(*pattern, "String", where));
        return literalMatcher(literal);
    }
    return fail(ErrorCode::Corrupt,
                strCat(where, ": \"pattern\" must hold \"Regex\" or \"String\""));
}

Result<SplitBehavior> readBehavior(const Json& part) {
    constexpr std::array<std::pair<std::string_view, SplitBehavior>, 5> kNames{{
        {"Isolated", SplitBehavior::Isolated},
        {"Removed", SplitBehavior::Removed},
        {"MergedWithPrevious", SplitBehavior::MergedWithPrevious},
        {"MergedWithNext", SplitBehavior::MergedWithNext},
        {"Contiguous", SplitBehavior::Contiguous},
    }};
    SKD_TRY(const std::string name, stringMember(part, "behavior", "pre_tokenizer Split"));
    for (const auto& [known, behavior] : kNames)
        if (name == known) return behavior;
    return unsupported("a Split behavior", name,
                       "Isolated, Removed, MergedWithPrevious, MergedWithNext, Contiguous");
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
        if (const auto known = regex && regex->is_string()
                                   ? findKnownPattern(regex->get<std::string>())
                                   : std::nullopt) {
            plan.stages.push_back(scannerSplit(*known));
            plan.names.emplace_back(patternName(*known));
            return {};
        }
    }
    SKD_TRY(auto matcher, readPattern(part, "pre_tokenizer Split"));
    plan.stages.push_back(matcherSplit(std::move(matcher), behavior, invert));
    plan.names.emplace_back("own pattern");
    return {};
}

Status addByteLevel(const Json& part, PreTokenizerPlan& plan) {
    constexpr std::string_view kWhere = "pre_tokenizer ByteLevel";
    if (!findMember(part, "add_prefix_space"))
        return fail(ErrorCode::Corrupt, strCat(kWhere, ": \"add_prefix_space\" is missing"));
    SKD_TRY(const bool prefix, boolMember(part, "add_prefix_space", false, kWhere));
    SKD_TRY(const bool regex, boolMember(part, "use_regex", true, kWhere));
    plan.byteLevel = true;
    if (prefix) {
        plan.stages.push_back(prefixSpace());
        plan.names.emplace_back("prefix space");
    }
    if (regex) {
        plan.stages.push_back(scannerSplit(KnownPattern::Gpt2));
        plan.names.emplace_back(patternName(KnownPattern::Gpt2));
    }
    return {};
}

Status addMetaspace(const Json& part, PreTokenizerPlan& plan) {
    constexpr std::string_view kWhere = "pre_tokenizer Metaspace";
    SKD_TRY(std::string replacement, stringMember(part, "replacement", kWhere));
    if (replacement.empty())
        return fail(ErrorCode::Corrupt, strCat(kWhere, ": \"replacement\" is empty"));
    SKD_TRY(const bool oldPrefix, boolMember(part, "add_prefix_space", true, kWhere));
    SKD_TRY(const bool split, boolMember(part, "split", true, kWhere));
    SKD_TRY(const std::string scheme, optionalString(part, "prepend_scheme", kWhere));
    PrependScheme when = oldPrefix ? PrependScheme::Always : PrependScheme::Never;
    if (scheme == "always")
        when = PrependScheme::Always;
    else if (scheme == "first")
        when = PrependScheme::First;
    else if (scheme == "never")
        when = PrependScheme::Never;
    else if (!scheme.empty())
        return unsupported("a prepend_scheme", scheme, "always, first, never");
    plan.stages.push_back(metaspace(std::move(replacement), when, split));
    plan.names.emplace_back("metaspace");
    return {};
}

Status addPreTokenizer(const Json& part, PreTokenizerPlan& plan) {
    SKD_TRY(const std::string type, partType(part, "pre_tokenizer"));
    if (plan.byteLevel)
        return fail(ErrorCode::Unsupported, strCat("pre_tokenizer ByteLevel must come last, but \"",
                                                   type, "\" follows it"));
    if (type == "Sequence") {
        SKD_TRY(const Json* parts, arrayMember(part, "pretokenizers", "pre_tokenizer Sequence"));
        for (const Json& inner : *parts) SKD_CHECK(addPreTokenizer(inner, plan));
        return {};
    }
    if (type == "Split") return addSplit(part, plan);
    if (type == "ByteLevel") return addByteLevel(part, plan);
    if (type == "Metaspace") return addMetaspace(part, plan);
    if (type == "Digits") {
        SKD_TRY(const bool individual,
                boolMember(part, "individual_digits", false, "pre_tokenizer Digits"));
        plan.stages.push_back(
            matcherSplit(digitMatcher(),
                         individual ? SplitBehavior::Isolated : SplitBehavior::Contiguous, false));
        plan.names.emplace_back(individual ? "digits" : "digit runs");
        return {};
    }
    return unsupported("a pre_tokenizer", type, "ByteLevel, Digits, Metaspace, Sequence, Split");
}

}  // namespace

Result<NormalizerPtr> readNormalizer(const Json* part) {
    if (!part) return nullptr;
    SKD_TRY(const std::string type, partType(*part, "normalizer"));
    if (type == "NFC") return unicodeNormalizer(UnicodeForm::Nfc);
    if (type == "NFKC") return unicodeNormalizer(UnicodeForm::Nfkc);
    if (type == "Prepend") {
        SKD_TRY(std::string prefix, stringMember(*part, "prepend", "normalizer Prepend"));
        return prependNormalizer(std::move(prefix));
    }
    if (type == "Replace") {
        SKD_TRY(auto matcher, readPattern(*part, "normalizer Replace"));
        SKD_TRY(std::string content, stringMember(*part, "content", "normalizer Replace"));
        return replaceNormalizer(std::move(matcher), std::move(content));
    }
    if (type == "Sequence") {
        SKD_TRY(const Json* list, arrayMember(*part, "normalizers", "normalizer Sequence"));
        std::vector<NormalizerPtr> parts;
        for (const Json& inner : *list) {
            SKD_TRY(auto normalizer, readNormalizer(&inner));
            parts.push_back(std::move(normalizer));
        }
        if (parts.empty()) return nullptr;
        return normalizerSequence(std::move(parts));
    }
    return unsupported("a normalizer", type, "NFC, NFKC, Prepend, Replace, Sequence");
}

Result<PreTokenizerPlan> readPreTokenizer(const Json* part) {
    PreTokenizerPlan plan;
    if (part) SKD_CHECK(addPreTokenizer(*part, plan));
    return plan;
}

std::string preTokenizerName(const PreTokenizerPlan& plan) {
    const std::string name = joined(plan.names, " + ");
    if (name.empty()) return "none";
    return name == "digits + gpt-2" ? "smollm" : name;
}

}  // namespace skd
