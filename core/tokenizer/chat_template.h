#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/result.h"

namespace skd {

enum class ChatRole { System, User, Assistant };
template <>
inline constexpr auto kNames<ChatRole> = names<ChatRole>({
    {ChatRole::System, "system"},
    {ChatRole::User, "user"},
    {ChatRole::Assistant, "assistant"},
});

struct ChatMessage {
    ChatRole role = ChatRole::User;
    std::string content;
};

/// The layouts that are known; models carry them as Jinja programs, of which these are told apart
/// by the turn tokens they write.
enum class ChatFormat { ChatMl, Llama3, Phi3, Phi4, Gemma };
template <>
inline constexpr auto kNames<ChatFormat> = names<ChatFormat>({
    {ChatFormat::ChatMl, "chatml"},
    {ChatFormat::Llama3, "llama-3"},
    {ChatFormat::Phi3, "phi-3"},
    {ChatFormat::Phi4, "phi-4"},
    {ChatFormat::Gemma, "gemma"},
});

/// How a layout writes a turn: begin, role, afterRole, text, end, afterTurn.
struct ChatLayout {
    ChatFormat format = ChatFormat::ChatMl;
    std::array<std::string_view, 2> marks;  ///< what a template of this layout contains
    std::string_view begin, afterRole, end, afterTurn;
    bool trims = false;  ///< white space around a message is dropped
};

/// What a model says about conversations.
struct ChatTemplateSource {
    std::string jinja;               ///< its `chat_template`
    std::string bosToken, eosToken;  ///< as they are written; empty where the model has none
};

/// Writes a conversation as the model was trained to read it. Not a Jinja interpreter: the layout
/// is recognised by its turn tokens, and what models of one layout do differently (a system message
/// of their own, bos in front, line ends, the date line of Llama 3.1) is read out of the template's
/// text. Tools and pictures are not written.
class ChatTemplate {
public:
    /// Unsupported where there is no template, or one of another layout; the message lists those
    /// known.
    static Result<ChatTemplate> recognise(const ChatTemplateSource& source);

    /// The text to encode, special tokens included: encode it with parseSpecial and without
    /// addSpecialTokens. `addGenerationPrompt` opens the assistant's turn. InvalidInput for a
    /// system message where the model knows none, or one that does not come first.
    [[nodiscard]] Result<std::string> render(const std::vector<ChatMessage>& messages,
                                             bool addGenerationPrompt) const;

    [[nodiscard]] ChatFormat format() const { return m_layout.format; }
    /// The token that ends a turn, as it is written.
    [[nodiscard]] std::string_view endOfTurn() const { return m_layout.end; }

private:
    [[nodiscard]] std::string turn(const ChatMessage& message) const;
    /// A turn up to its text.
    [[nodiscard]] std::string opening(ChatRole role) const;

    ChatLayout m_layout;
    std::string m_bos;  ///< written in front; empty where the template writes none
    std::string m_end;  ///< written after a conversation whose last turn is complete
    std::optional<std::string> m_defaultSystem;  ///< what the system says where nothing is given
    bool m_knowsSystem = true;
    bool m_dropsThoughts = false;  ///< of earlier answers only what follows </think> stays
    std::string m_systemPreamble;  ///< before what the system says (Llama 3.1: dates)
    std::string m_lineEnd;         ///< Phi: "\n" after turn tokens, or nothing
};

}  // namespace skd
