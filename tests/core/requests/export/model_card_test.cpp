#include <gtest/gtest.h>

#include "base/text.h"
#include "requests/export/origin.h"

namespace skd::test {
namespace {

const std::string kEvil = "a<img src=x>[b](http://c)|d\n# e\x1b[2J`f`";

/// As the card has to show it: one line of text.
const std::string kShown = "a\\<img src=x>\\[b](http://c)\\|d # e\\u001b\\[2J\\`f\\`";

ExportOrigin evilOrigin() {
    ExportOrigin origin;
    origin.name = origin.base = origin.licence = kEvil;
    origin.lineage = {{"chain", Json::array({{{"run", 3},
                                              {"name", kEvil},
                                              {"from", kEvil},
                                              {"method", "svd"},
                                              {"control", kEvil},
                                              {"teacher", nullptr}}})},
                      {"model_sha256", kEvil}};
    origin.summary.densePpl = 12.5;
    origin.spec = {{"name", kEvil}, {"eval", {{"protocol", "paper-512-256"}, {"text", kEvil}}}};
    return origin;
}

TEST(ModelCard, NamesStayText) {
    Json record{{"format", "gguf"}, {"model", "m.gguf"}, {"architecture", kEvil}};
    const std::string whole = modelCard(evilOrigin(), record);
    const std::string card = whole.substr(0, whole.find("## Spec of the run"));
    EXPECT_EQ(card.find('\x1b'), std::string::npos);
    EXPECT_EQ(card.find("\n# e"), std::string::npos) << card;
    EXPECT_EQ(card.find("SHA-256"), std::string::npos) << "what is none is not shown as one";
    const std::string body = card.substr(card.find("\n# ") + 1);  // below the front matter
    for (std::size_t at = body.find('<'); at != std::string::npos; at = body.find('<', at + 1))
        EXPECT_EQ(body[at - 1], '\\') << body.substr(at, 30);
    for (const std::string& place :
         {"# " + kShown + "\n", "Made from " + kShown + " by", "| 3 | " + kShown + " | " + kShown,
          ", text " + kShown, "| architecture | " + kShown + " |", "base model: " + kShown})
        EXPECT_NE(card.find(place), std::string::npos) << place << "\nis not in\n" << card;
}

TEST(ModelCard, CommandsCanBePasted) {
    const auto commandFor = [](const std::string& file) {
        const std::string card =
            modelCard(ExportOrigin{}, Json{{"format", "gguf"}, {"model", file}});
        const std::size_t begin = card.find("llama-cli");
        return card.substr(begin, card.find('\n', begin) - begin);
    };
    EXPECT_EQ(commandFor("SmolLM2-135M-run12-F16.gguf"),
              "llama-cli -m SmolLM2-135M-run12-F16.gguf -p \"Hello\"");
    EXPECT_EQ(commandFor("$(touch PWN) it's.gguf"),
              "llama-cli -m '$(touch PWN) it'\\''s.gguf' -p \"Hello\"");
    EXPECT_EQ(commandFor("-x.gguf"), "llama-cli -m ./-x.gguf -p \"Hello\"");
    EXPECT_EQ(commandFor("a\n```\n# b.gguf"),
              "llama-cli -m 'a\\u000a```\\u000a# b.gguf' -p \"Hello\"");
}

}  // namespace
}  // namespace skd::test
