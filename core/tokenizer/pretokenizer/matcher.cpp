#include "tokenizer/pretokenizer/matcher.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>
#include <memory>
#include <string>

#include "base/text.h"
#include "base/unicode.h"
#include "tokenizer/pretokenizer/regex_translation.h"

namespace skd {
namespace {

constexpr std::size_t kPatternLimit = 64 * 1024;
constexpr std::uint32_t kMatchLimit = 20'000'000;  // backtracking points in one match
constexpr std::uint32_t kHeapLimitKiB = 64 * 1024;
constexpr std::size_t kJitStackBytes = 8 * 1024 * 1024;

std::string engineMessage(int code) {
    std::array<PCRE2_UCHAR, 256> buffer{};
    pcre2_get_error_message(code, buffer.data(), buffer.size());
    return reinterpret_cast<const char*>(buffer.data());
}

/// What a match needs besides the pattern; one per thread, shared by all patterns.
struct Scratch {
    pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
    pcre2_match_context* context = pcre2_match_context_create(nullptr);
    pcre2_jit_stack* stack = pcre2_jit_stack_create(32 * 1024, kJitStackBytes, nullptr);

    Scratch() {
        pcre2_set_match_limit(context, kMatchLimit);
        pcre2_set_heap_limit(context, kHeapLimitKiB);
        pcre2_jit_stack_assign(context, nullptr, stack);
    }
    ~Scratch() {
        pcre2_jit_stack_free(stack);
        pcre2_match_context_free(context);
        pcre2_match_data_free(data);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
};

Scratch& scratch() {
    thread_local Scratch instance;
    return instance;
}

using Code = std::shared_ptr<const pcre2_code>;

Result<Code> compile(std::string_view pattern) {
    if (pattern.size() > kPatternLimit)
        return fail(ErrorCode::Unsupported,
                    strCat("a pattern of ", pattern.size(), " bytes; at most ", kPatternLimit,
                           " are accepted"));
    if (pattern.empty()) return fail(ErrorCode::Corrupt, "an empty pattern");
    SKD_TRY(const std::string translated, translateOniguruma(pattern));
    const std::unique_ptr<pcre2_compile_context, decltype(&pcre2_compile_context_free)> context(
        pcre2_compile_context_create(nullptr), pcre2_compile_context_free);
    pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code* code =
        pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                      PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE, &error, &offset, context.get());
    if (!code)
        return fail(ErrorCode::Unsupported, strCat("the pattern \"", pattern,
                                                   "\" cannot be compiled: ", engineMessage(error),
                                                   " (byte ", offset, " of \"", translated, "\")"));
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    return Code(code, pcre2_code_free);
}

int match(const pcre2_code* code, std::string_view text, std::size_t from, Scratch& s) {
    const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
    int rc = pcre2_match(code, subject, text.size(), from, PCRE2_NO_UTF_CHECK, s.data, s.context);
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
        rc = pcre2_match(code, subject, text.size(), from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                         s.data, s.context);
    return rc;
}

Status forEachMatch(const pcre2_code* code, const std::string& pattern, std::string_view text,
                    MatchVisit visit) {
    Scratch& s = scratch();
    std::size_t from = 0;
    std::size_t lastEnd = std::string_view::npos;
    while (from <= text.size()) {
        const int rc = match(code, text, from, s);
        if (rc == PCRE2_ERROR_NOMATCH) return {};
        if (rc < 0)
            return fail(ErrorCode::Unsupported,
                        strCat("the pattern \"", pattern, "\" failed at byte ", from, ": ",
                               engineMessage(rc)));
        const PCRE2_SIZE* place = pcre2_get_ovector_pointer(s.data);
        const std::size_t begin = place[0];
        const std::size_t end = place[1];
        if (begin > end || begin < from)
            return fail(ErrorCode::Unsupported,
                        strCat("the pattern \"", pattern, "\" moves the start of its match"));
        if (begin == end && begin == lastEnd) {
            std::uint8_t length = 1;
            if (from < text.size()) unicode::decode(text.data() + from, length);
            from += length;
            continue;
        }
        visit(begin, end);
        from = lastEnd = end;
    }
    return {};
}

}  // namespace

Result<Matcher> regexMatcher(std::string_view pattern) {
    SKD_TRY(Code code, compile(pattern));
    return [code = std::move(code), pattern = std::string(pattern)](std::string_view text,
                                                                    MatchVisit visit) {
        return forEachMatch(code.get(), pattern, text, visit);
    };
}

Result<Matcher> literalMatcher(std::string_view literal) {
    if (literal.empty()) return fail(ErrorCode::Corrupt, "an empty pattern");
    return [sought = std::string(literal)](std::string_view text, MatchVisit visit) -> Status {
        for (std::size_t at = text.find(sought); at != std::string_view::npos;
             at = text.find(sought, at + sought.size()))
            visit(at, at + sought.size());
        return {};
    };
}

Status matchDigits(std::string_view text, MatchVisit visit) {
    const auto& table = unicode::CharacterTable::instance();
    const char* begin = text.data();
    const char* end = begin + text.size();
    for (const char* p = begin; p != end;) {
        const auto c = table.at(p, end);
        const auto at = static_cast<std::size_t>(p - begin);
        if (c.classes & unicode::Number) visit(at, at + c.length);
        p += c.length;
    }
    return {};
}

}  // namespace skd
