#include "tokenizer/chat_template.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace skd {
namespace {

/// In this order: what Phi 4 writes looks like ChatML too.
constexpr std::array<ChatLayout, 5> kLayouts{{
    {ChatFormat::Phi4, {"<|im_sep|>"}, "<|im_start|>", "<|im_sep|>", "<|im_end|>"},
    {ChatFormat::ChatMl, {"<|im_start|>", "<|im_end|>"}, "<|im_start|>", "\n", "<|im_end|>", "\n"},
    {ChatFormat::Llama3,
     {"<|start_header_id|>", "<|eot_id|>"},
     "<|start_header_id|>",
     "<|end_header_id|>\n\n",
     "<|eot_id|>",
     "",
     true},
    {ChatFormat::Gemma,
     {"<start_of_turn>", "<end_of_turn>"},
     "<start_of_turn>",
     "\n",
     "<end_of_turn>",
     "\n",
     true},
    {ChatFormat::Phi3, {"<|assistant|>", "<|end|>"}, "<|", "|>", "<|end|>"},
}};

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// A template writes a line end as \n inside its strings, or as the character itself.
std::string withLineEnds(std::string_view jinja) {
    std::string text(jinja);
    replaceAll(text, "\\n", "\n");
    return text;
}

/// What a template writes between `opening` and `closing` as one string; nothing where that is an
/// expression.
std::optional<std::string> literalBetween(std::string_view text, std::string_view opening,
                                          std::string_view closing) {
    for (std::size_t at = text.find(opening); at != std::string_view::npos;
         at = text.find(opening, at + 1)) {
        const std::size_t begin = at + opening.size(), end = text.find(closing, begin);
        if (end == std::string_view::npos) return {};
        const std::string_view literal = text.substr(begin, end - begin);
        if (!contains(literal, "'") && !contains(literal, "\"") && !contains(literal, "{"))
            return std::string(literal);
    }
    return {};
}

/// Whether a line end follows the token that opens an answer, in the same string or in the next.
bool lineEndBehind(std::string_view text, std::string_view token) {
    const std::size_t at = text.rfind(token);
    if (at == std::string_view::npos) return false;
    std::string_view rest = text.substr(at + token.size());
    if (rest.starts_with("\n")) return true;
    rest.remove_prefix(std::min<std::size_t>(rest.find_first_not_of("'\" +"), rest.size()));
    return rest.starts_with("\n");
}

/// The two lines with which Llama 3.1 begins its system turn; the date is the one that the template
/// falls back on, so that the same conversation stays the same text.
std::string datePreamble(std::string_view text) {
    const auto cutoff = literalBetween(text, "Cutting Knowledge Date: ", "\n");
    if (!cutoff) return {};
    const auto today = literalBetween(text, "date_string = \"", "\"");
    return strCat("Cutting Knowledge Date: ", *cutoff,
                  "\nToday Date: ", today.value_or("26 Jul 2024"), "\n\n");
}

std::string_view afterThoughts(std::string_view answer) {
    constexpr std::string_view kEnd = "</think>";
    const std::size_t at = answer.rfind(kEnd);
    if (at == std::string_view::npos) return answer;
    answer.remove_prefix(at + kEnd.size());
    answer.remove_prefix(std::min(answer.find_first_not_of('\n'), answer.size()));
    return answer;
}

}  // namespace

Result<ChatTemplate> ChatTemplate::recognise(const ChatTemplateSource& source) {
    if (source.jinja.empty())
        return fail(ErrorCode::Unsupported,
                    "the model carries no chat template; give it plain text (--prompt)");
    const auto* layout = std::find_if(kLayouts.begin(), kLayouts.end(), [&](const auto& known) {
        return contains(source.jinja, known.marks[0]) && contains(source.jinja, known.marks[1]);
    });
    if (layout == kLayouts.end())
        return fail(
            ErrorCode::Unsupported,
            strCat("the model's chat template is none of those that are known (",
                   joined(enumNames<ChatFormat>()),
                   "); write the turns out yourself and give them as plain text (--prompt)"));
    const std::string text = withLineEnds(source.jinja);
    ChatTemplate result;
    result.m_layout = *layout;
    if (contains(text, "bos_token")) result.m_bos = source.bosToken;
    result.m_dropsThoughts = contains(text, "</think>");
    result.m_knowsSystem = !contains(text, "System role not supported");
    if (layout->format == ChatFormat::ChatMl) {
        result.m_defaultSystem = literalBetween(text, "<|im_start|>system\n", "<|im_end|>");
    } else if (layout->format == ChatFormat::Llama3) {
        result.m_systemPreamble = datePreamble(text);
        if (!result.m_systemPreamble.empty()) result.m_defaultSystem = "";
    } else if (layout->format == ChatFormat::Phi3) {
        result.m_lineEnd = lineEndBehind(text, "<|assistant|>") ? "\n" : "";
        if (contains(text, "eos_token")) result.m_end = source.eosToken;
    }
    return result;
}

std::string ChatTemplate::opening(ChatRole role) const {
    const bool model = role == ChatRole::Assistant && m_layout.format == ChatFormat::Gemma;
    return strCat(m_layout.begin, model ? "model" : enumName(role), m_layout.afterRole, m_lineEnd);
}

std::string ChatTemplate::turn(const ChatMessage& message) const {
    std::string_view content = message.content;
    if (m_dropsThoughts && message.role == ChatRole::Assistant) content = afterThoughts(content);
    if (m_layout.trims) content = trimmed(content);
    return strCat(opening(message.role), message.role == ChatRole::System ? m_systemPreamble : "",
                  content, m_layout.end, m_layout.afterTurn, m_lineEnd);
}

Result<std::string> ChatTemplate::render(const std::vector<ChatMessage>& messages,
                                         bool addGenerationPrompt) const {
    if (messages.empty())
        return fail(ErrorCode::InvalidInput,
                    "the conversation is empty; give at least one message");
    std::vector<ChatMessage> turns = messages;
    const bool hasSystem = turns.front().role == ChatRole::System;
    if (std::any_of(turns.begin() + 1, turns.end(),
                    [](const ChatMessage& m) { return m.role == ChatRole::System; }))
        return fail(ErrorCode::InvalidInput, "a system message must come first in a conversation");
    if (hasSystem && !m_knowsSystem)
        return fail(ErrorCode::InvalidInput,
                    "this model's chat template does not support a system message; write its text "
                    "into the first question");
    if (!hasSystem && m_defaultSystem)
        turns.insert(turns.begin(), {ChatRole::System, *m_defaultSystem});
    std::string text = m_bos;
    if (hasSystem &&
        m_layout.format == ChatFormat::Gemma) {  // there it stands before the first question
        if (turns.size() < 2 || turns[1].role != ChatRole::User)
            return fail(ErrorCode::InvalidInput,
                        "after the system message this model needs a question");
        turns[1].content = strCat(turns[0].content, "\n\n", trimmed(turns[1].content));
        turns.erase(turns.begin());
    }
    for (const ChatMessage& message : turns) text += turn(message);
    return text + (addGenerationPrompt ? opening(ChatRole::Assistant) : m_end);
}

}  // namespace skd
