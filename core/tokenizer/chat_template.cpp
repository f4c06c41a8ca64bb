#include "tokenizer/chat_template.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace skd {
namespace {

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

std::optional<ChatFormat> formatOf(std::string_view jinja) {
    if (contains(jinja, "<|im_sep|>")) return ChatFormat::Phi4;
    if (contains(jinja, "<|im_start|>") && contains(jinja, "<|im_end|>")) return ChatFormat::ChatMl;
    if (contains(jinja, "<|start_header_id|>") && contains(jinja, "<|eot_id|>"))
        return ChatFormat::Llama3;
    if (contains(jinja, "<start_of_turn>") && contains(jinja, "<end_of_turn>"))
        return ChatFormat::Gemma;
    if (contains(jinja, "<|assistant|>") && contains(jinja, "<|end|>")) return ChatFormat::Phi3;
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
    const std::optional<ChatFormat> format = formatOf(source.jinja);
    if (!format)
        return fail(
            ErrorCode::Unsupported,
            strCat("the model's chat template is none of those that are known (",
                   joined(enumNames<ChatFormat>()),
                   "); write the turns out yourself and give them as plain text (--prompt)"));
    const std::string text = withLineEnds(source.jinja);
    ChatTemplate result;
    result.m_format = *format;
    if (contains(text, "bos_token")) result.m_bos = source.bosToken;
    result.m_trims = *format == ChatFormat::Llama3 || *format == ChatFormat::Gemma;
    result.m_dropsThoughts = contains(text, "</think>");
    result.m_knowsSystem = !contains(text, "System role not supported");
    if (*format == ChatFormat::ChatMl) {
        const auto system = literalBetween(text, "<|im_start|>system\n", "<|im_end|>");
        result.m_hasDefaultSystem = system.has_value();
        result.m_defaultSystem = system.value_or("");
    } else if (*format == ChatFormat::Llama3) {
        result.m_systemPreamble = datePreamble(text);
        result.m_hasDefaultSystem = !result.m_systemPreamble.empty();
    } else if (*format == ChatFormat::Phi3) {
        result.m_lineEnd = lineEndBehind(text, "<|assistant|>") ? "\n" : "";
        if (contains(text, "eos_token")) result.m_end = source.eosToken;
    }
    return result;
}

std::string_view ChatTemplate::endOfTurn() const {
    switch (m_format) {
        case ChatFormat::ChatMl:
        case ChatFormat::Phi4:
            return "<|im_end|>";
        case ChatFormat::Llama3:
            return "<|eot_id|>";
        case ChatFormat::Phi3:
            return "<|end|>";
        case ChatFormat::Gemma:
            return "<end_of_turn>";
    }
    return {};
}

std::string ChatTemplate::turn(const ChatMessage& message) const {
    const std::string role = message.role == ChatRole::Assistant && m_format == ChatFormat::Gemma
                                 ? "model"
                                 : enumName(message.role);
    std::string_view content = message.content;
    if (m_dropsThoughts && message.role == ChatRole::Assistant) content = afterThoughts(content);
    if (m_trims) content = trimmed(content);
    switch (m_format) {
        case ChatFormat::ChatMl:
            return strCat("<|im_start|>", role, "\n", content, "<|im_end|>\n");
        case ChatFormat::Phi4:
            return strCat("<|im_start|>", role, "<|im_sep|>", content, "<|im_end|>");
        case ChatFormat::Phi3:
            return strCat("<|", role, "|>", m_lineEnd, content, "<|end|>", m_lineEnd);
        case ChatFormat::Gemma:
            return strCat("<start_of_turn>", role, "\n", content, "<end_of_turn>\n");
        case ChatFormat::Llama3:
            break;
    }
    return strCat("<|start_header_id|>", role, "<|end_header_id|>\n\n",
                  message.role == ChatRole::System ? m_systemPreamble : "", content, "<|eot_id|>");
}

std::string ChatTemplate::opening() const {
    switch (m_format) {
        case ChatFormat::ChatMl:
            return "<|im_start|>assistant\n";
        case ChatFormat::Phi4:
            return "<|im_start|>assistant<|im_sep|>";
        case ChatFormat::Phi3:
            return "<|assistant|>" + m_lineEnd;
        case ChatFormat::Gemma:
            return "<start_of_turn>model\n";
        case ChatFormat::Llama3:
            break;
    }
    return "<|start_header_id|>assistant<|end_header_id|>\n\n";
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
    if (!hasSystem && m_hasDefaultSystem)
        turns.insert(turns.begin(), {ChatRole::System, m_defaultSystem});
    std::string text = m_bos;
    if (hasSystem && m_format == ChatFormat::Gemma) {  // there it stands before the first question
        if (turns.size() < 2 || turns[1].role != ChatRole::User)
            return fail(ErrorCode::InvalidInput,
                        "after the system message this model needs a question");
        turns[1].content = strCat(turns[0].content, "\n\n", trimmed(turns[1].content));
        turns.erase(turns.begin());
    }
    for (const ChatMessage& message : turns) text += turn(message);
    return text + (addGenerationPrompt ? opening() : m_end);
}

}  // namespace skd
