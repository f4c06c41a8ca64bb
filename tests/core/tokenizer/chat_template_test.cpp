#include "tokenizer/chat_template.h"

#include "support/tokenizer_fixtures.h"

namespace skd::test {
namespace {

std::vector<ChatMessage> messagesOf(const Json& json) {
    std::vector<ChatMessage> messages;
    for (const Json& message : json) {
        ChatMessage read{ChatRole::User, message["content"]};
        EXPECT_TRUE(parseEnum(message["role"].get<std::string>(), read.role));
        messages.push_back(read);
    }
    return messages;
}

/// As transformers' apply_chat_template writes them (fixtures/chat/make_fixtures.py).
TEST(ChatTemplate, WritesConversationsAsTransformersDoes) {
    int written = 0, refused = 0;
    for (const Json& entry : fixtureJson("chat/chat.json")) {
        const auto chat = ChatTemplate::recognise({entry["template"], entry["bos"], entry["eos"]});
        ASSERT_TRUE(chat) << entry["name"] << chat.error().message;
        for (const Json& example : entry["cases"]) {
            const auto text =
                chat->render(messagesOf(example["messages"]), example["generation_prompt"]);
            ASSERT_EQ(text.has_value(), !example["text"].is_null())
                << entry["name"] << " " << example["conversation"];
            if (text) {
                EXPECT_EQ(*text, example["text"].get<std::string>())
                    << entry["name"] << " " << example["conversation"];
            }
            ++(text ? written : refused);
        }
    }
    EXPECT_EQ(written, 94);
    EXPECT_EQ(refused, 2) << "gemma2 knows no system message";
}

TEST(ChatTemplate, TellsTheLayoutsApart) {
    const std::map<std::string, ChatFormat> expected{
        {"smollm2", ChatFormat::ChatMl},  {"qwen3", ChatFormat::ChatMl},
        {"llama3.1", ChatFormat::Llama3}, {"phi3", ChatFormat::Phi3},
        {"phi4-mini", ChatFormat::Phi3},  {"phi4", ChatFormat::Phi4},
        {"gemma3", ChatFormat::Gemma}};
    std::size_t checked = 0;
    for (const Json& entry : fixtureJson("chat/chat.json")) {
        const auto found = expected.find(entry["name"]);
        if (found == expected.end()) continue;
        EXPECT_EQ(ChatTemplate::recognise({entry["template"], "", ""})->format(), found->second)
            << found->first;
        ++checked;
    }
    EXPECT_EQ(checked, expected.size());
}

TEST(ChatTemplate, OthersAreRefusedInPlainWords) {
    const auto none = ChatTemplate::recognise({});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::Unsupported);
    const auto other = ChatTemplate::recognise(
        {"{% for m in messages %}[INST] {{ m['content'] }} [/INST]{% endfor %}", "<s>", "</s>"});
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, ErrorCode::Unsupported);
    for (const char* name : {"chatml", "llama-3", "phi-3", "gemma"})
        EXPECT_NE(other.error().message.find(name), std::string::npos);
}

TEST(ChatTemplate, ConversationsMustMakeSense) {
    const auto chat = ChatTemplate::recognise({"<|im_start|><|im_end|>", "", ""});
    ASSERT_TRUE(chat);
    EXPECT_FALSE(chat->render({}, true));
    const auto late = chat->render({{ChatRole::User, "a"}, {ChatRole::System, "b"}}, true);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(chat->endOfTurn(), "<|im_end|>");
}

}  // namespace
}  // namespace skd::test
