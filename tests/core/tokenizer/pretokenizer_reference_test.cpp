// Fixtures written by tests/fixtures/tokenizer/make_fixtures.py with Hugging Face `tokenizers`.
#include <gtest/gtest.h>

#include "support/tokenizer_fixtures.h"
#include "tokenizer/files/pipeline_json.h"

namespace skd {
namespace {

using test::collect;
using test::shown;

TEST(PreTokenizerReference, PiecesEqualThoseOfTokenizers) {
    const Json fixture = test::fixtureJson("tokenizer/pieces.json");
    for (const Json& item : fixture["cases"]) {
        auto plan = readPreTokenizer(&item["part"]);
        ASSERT_TRUE(plan) << plan.error().message;
        const PreTokenizer stages = sequence(std::move(plan->stages));
        for (std::size_t i = 0; i < fixture["strings"].size(); ++i) {
            const auto text = fixture["strings"][i].get<std::string>();
            const auto pieces = collect(
                [&](PieceSink sink) { EXPECT_TRUE(text.empty() || stages(text, true, sink)); });
            EXPECT_EQ(pieces, item["results"][i].get<std::vector<std::string>>())
                << item["part"].dump() << " on " << shown(text);
        }
    }
}

TEST(NormalizerReference, TextEqualsThatOfTokenizers) {
    const Json fixture = test::fixtureJson("tokenizer/normalized.json");
    for (const Json& item : fixture["cases"]) {
        const auto normalizer = readNormalizer(&item["part"]);
        ASSERT_TRUE(normalizer) << normalizer.error().message;
        for (std::size_t i = 0; i < fixture["strings"].size(); ++i) {
            const auto text = fixture["strings"][i].get<std::string>();
            std::string buffer;
            const auto normal = (*normalizer)(text, buffer, normalFormLimit(text.size()));
            ASSERT_TRUE(normal) << normal.error().message;
            EXPECT_EQ(shown(*normal), shown(item["results"][i].get<std::string>()))
                << item["part"].dump() << " on " << shown(text);
        }
    }
}

}  // namespace
}  // namespace skd
