#include <gtest/gtest.h>

#include <random>
#include <regex>

#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "core/corpus/corpus_fixture.h"
#include "corpus/text_sources_text.h"
#include "support/gzip.h"

namespace skd::test {
namespace {

CorpusShare shareOf(CorpusFormat format, std::vector<std::string> fields = {"text"}) {
    return {"share", "", format, std::move(fields)};
}

std::vector<std::string> textsOf(const CorpusShare& share, const std::filesystem::path& path) {
    const auto documents = documentsOf(share, path);
    EXPECT_TRUE(documents) << documents.error().message;
    std::vector<std::string> texts;
    if (documents)
        for (const SourceDocument& document : *documents) texts.push_back(document.text);
    return texts;
}

}  // namespace

TEST(CorpusSources, JsonLinesAreTheSameCompressedAndInSeveralMembers) {
    const TemporaryFolder folder;
    const std::string lines = jsonLines(5000, "compressed");
    const std::size_t half = lines.find('\n', lines.size() / 2) + 1;
    const auto plain = folder.write("a.jsonl", lines);
    const auto packed = folder.write("a.json.gz", gzip(lines));
    const auto members =
        folder.write("b.json.gz", gzip(lines.substr(0, half)) + gzip(lines.substr(half)));
    const auto expected = textsOf(shareOf(CorpusFormat::Jsonl), plain);
    ASSERT_EQ(expected.size(), 5000u);
    EXPECT_EQ(textsOf(shareOf(CorpusFormat::Jsonl), packed), expected);
    EXPECT_EQ(textsOf(shareOf(CorpusFormat::Jsonl), members), expected);
}

TEST(CorpusSources, TheSummaryHoldsTheHashOfTheFileAsItLies) {
    const TemporaryFolder folder;
    const auto path = folder.write("a.json.gz", gzip(jsonLines(300, "hash")));
    const auto summary = visitDocuments(shareOf(CorpusFormat::Jsonl), path, [](SourceDocument) {
        return Result<Visit>(Visit::Continue);
    });
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->sha256, sha256File(path).value());
    EXPECT_EQ(summary->bytes, std::filesystem::file_size(path));
    const auto stopped = visitDocuments(shareOf(CorpusFormat::Jsonl), path,
                                        [](SourceDocument) { return Result<Visit>(Visit::Stop); });
    ASSERT_TRUE(stopped);
    EXPECT_EQ(stopped->sha256, "");
}

/// Sixty rows, with `row` after the thirtieth.
std::string rowsWith(const std::string& row) {
    const std::string rows = jsonLines(60, "rows");
    std::size_t at = 0;
    for (int i = 0; i < 30; ++i) at = rows.find('\n', at) + 1;
    return rows.substr(0, at) + row + "\n" + rows.substr(at);
}

TEST(CorpusSources, ARowThatCannotBeReadIsLeftOutAndNamed) {
    const TemporaryFolder folder;
    for (const char* row : {R"({"text": null})", R"({"txt": "other"})", R"({"text": "cut)", "7"}) {
        const auto path = folder.write("a.jsonl", rowsWith(row));
        std::size_t documents = 0;
        const auto summary =
            visitDocuments(shareOf(CorpusFormat::Jsonl), path, [&](const SourceDocument&) {
                ++documents;
                return Result<Visit>(Visit::Continue);
            });
        ASSERT_TRUE(summary) << summary.error().message;
        EXPECT_EQ(documents, 60u) << row;
        EXPECT_EQ(summary->refused, 1) << row;
        EXPECT_EQ(summary->refusedNames, std::vector<std::string>{"a.jsonl:31"}) << row;
    }
}

TEST(CorpusSources, WhatPythonWritesBeyondJsonIsRead) {
    const TemporaryFolder folder;
    const auto textOf = [&](const std::string& row) {
        return textsOf(shareOf(CorpusFormat::Jsonl), folder.write("a.jsonl", row + "\n"))[0];
    };
    EXPECT_EQ(textOf(R"({"score": NaN, "s": [-Infinity, Infinity], "text": "NaN \"Infinity\""})"),
              "NaN \"Infinity\"");
    EXPECT_EQ(textOf(R"({"text": "a\ud83d b"})"), "a\xEF\xBF\xBD b");
    EXPECT_EQ(textOf(R"({"text": "a\ude00\ud83d"})"), "a\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(textOf(R"({"text": "\ud83d\ude00\ud83d\u0041"})"),
              "\xF0\x9F\x98\x80\xEF\xBF\xBD"
              "A");
    EXPECT_EQ(textOf(R"({"text": "\\ud83d", "x": NaN})"), "\\ud83d") << "no escape: a backslash";
}

TEST(CorpusSources, WhatFollowsGzipDataPassesAsWithGunzip) {
    const TemporaryFolder folder;
    const std::string lines = jsonLines(60, "tail");
    const auto expected = textsOf(shareOf(CorpusFormat::Jsonl), folder.write("a.jsonl", lines));
    const std::size_t half = lines.find('\n', lines.size() / 2) + 1;
    std::vector<std::string> warnings;
    log::setListener([&](log::Level, const std::string& text) { warnings.push_back(text); });
    for (const std::string& tail : {std::string(512, '\0'), std::string(3u << 20, '\0')})
        EXPECT_EQ(textsOf(shareOf(CorpusFormat::Jsonl),
                          folder.write("zeros.gz", gzip(lines.substr(0, half)) +
                                                       gzip(lines.substr(half)) + tail)),
                  expected);
    EXPECT_TRUE(warnings.empty());
    for (const char* tail : {"\n", "garbage"})
        EXPECT_EQ(
            textsOf(shareOf(CorpusFormat::Jsonl), folder.write("stray.gz", gzip(lines) + tail)),
            expected);
    log::setListener({});
    ASSERT_EQ(warnings.size(), 2u);
    EXPECT_NE(warnings[1].find("stray.gz: 7 bytes behind the compressed data"), std::string::npos)
        << warnings[1];
}

TEST(CorpusSources, LinesOfEveryLengthGoOverBlocks) {
    const TemporaryFolder folder;
    std::vector<std::string> expected;
    std::string lines;
    for (const std::size_t size :
         {1u, 70u, 1u << 20, 3u, 1'000'000u, (1u << 20) - 12, 2u << 20, 5u}) {
        expected.emplace_back(size, 'x');
        lines += "{\"text\":\"" + expected.back() + "\"}\n";
    }
    lines.pop_back();  // the last line has no end
    EXPECT_EQ(textsOf(shareOf(CorpusFormat::Jsonl), folder.write("long.jsonl", lines)), expected);
}

TEST(CorpusSources, WikiTextArticlesAreItsHeadings) {
    const TemporaryFolder folder;
    const auto path = folder.write("wiki.tokens",
                                   " \n = First = \n \n Text <unk> . \n \n = = Section = = \n \n"
                                   " More text = with = signs = \n = Not a heading = \n \n"
                                   " = Second \xE2\x80\x93 article = \n \n Its text . \n \n \n");
    EXPECT_EQ(textsOf(shareOf(CorpusFormat::WikiText), path),
              (std::vector<std::string>{" = First = \n \n Text <unk> . \n \n = = Section = = \n \n"
                                        " More text = with = signs = \n = Not a heading = \n",
                                        " = Second \xE2\x80\x93 article = \n \n Its text . \n"}));
}

/// Against a regular expression over the whole text, on the published validation split.
TEST(CorpusSources, WikiTextSplitsTheValidationSplit) {
    const auto path = repositoryResources() / "corpus" / "wikitext-2-valid.txt";
    const std::string whole = readBytes(path);
    const std::regex heading(R"((^|\n) = [^=\n][^\n]*[^=\n] = \n \n)");
    const auto headings = std::distance(std::sregex_iterator(whole.begin(), whole.end(), heading),
                                        std::sregex_iterator());
    const auto articles = textsOf(shareOf(CorpusFormat::WikiText), path);
    EXPECT_EQ(static_cast<std::ptrdiff_t>(articles.size()), headings);
    EXPECT_EQ(articles.size(), 35u);  // as the README of the corpus says
    std::size_t characters = 0, expected = 0;
    for (const std::string& article : articles)
        for (const char c : article) characters += c != ' ' && c != '\n';
    for (const char c : whole) expected += c != ' ' && c != '\n';
    EXPECT_EQ(characters, expected);
}

TEST(CorpusSources, FilesOfAFolderInOrderOfTheirNames) {
    const TemporaryFolder folder;
    folder.write("code/b.py", "b = 1\n");
    folder.write("code/a/z.py", "z = 1\n");
    folder.write("code/a.py", "a = 1\n");
    folder.write("code/a/readme.md", "not code\n");
    folder.write("code/.git/config.py", "hidden = 1\n");
    folder.write("code/.hidden.py", "hidden = 1\n");
    folder.write("code/latin.py", "name = \"\xE9\"\n");
    folder.write("code/binary.py", std::string("\0\1\2", 3));
    folder.write("code/empty.py", "");
    std::filesystem::create_directory_symlink(folder / "code", folder / "code/loop");
    std::filesystem::create_symlink(folder / "code/b.py", folder / "code/link.py");
    CorpusShare share = shareOf(CorpusFormat::Files);
    share.extensions = {".py"};
    EXPECT_EQ(textsOf(share, folder / "code"),
              (std::vector<std::string>{"a = 1\n", "z = 1\n", "b = 1\n"}));
    share.extensions = {".py", ".md"};
    EXPECT_EQ(textsOf(share, folder / "code").size(), 4u);
    share.extensions.clear();
    const auto summary = visitDocuments(
        share, folder / "code", [](SourceDocument) { return Result<Visit>(Visit::Continue); });
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->refused, 2);
    EXPECT_EQ(summary->refusedNames, (std::vector<std::string>{"binary.py", "latin.py"}));
    share.extensions = {".rs"};
    EXPECT_EQ(documentsOf(share, folder / "code").error().code, ErrorCode::InvalidInput);
}

TEST(CorpusSources, AFileThatVanishesMidWayIsNamed) {
    const TemporaryFolder folder;
    for (const char* name : {"code/a.py", "code/b.py", "code/c.py"}) folder.write(name, "x = 1\n");
    const auto result =
        visitDocuments(shareOf(CorpusFormat::Files), folder / "code", [&](SourceDocument) {
            std::filesystem::remove(folder / "code/c.py");
            return Result<Visit>(Visit::Continue);
        });
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find("c.py"), std::string::npos) << result.error().message;
    EXPECT_NE(result.error().message.find("changed while"), std::string::npos);
}

TEST(CorpusSources, AFileThatIsRemovedOrCutWhileItIsRead) {
    const TemporaryFolder folder;
    const auto path = folder.write("a.jsonl", jsonLines(60000, "long enough for several blocks"));
    int seen = 0;
    const auto removed = visitDocuments(shareOf(CorpusFormat::Jsonl), path, [&](SourceDocument) {
        if (seen++ == 0) std::filesystem::remove(path);
        return Result<Visit>(Visit::Continue);
    });
    EXPECT_TRUE(removed) << "an open file stays readable";
    EXPECT_EQ(seen, 60000);
    folder.write("a.jsonl", jsonLines(60000, "long enough for several blocks"));
    const auto cut = visitDocuments(shareOf(CorpusFormat::Jsonl), path, [&](SourceDocument) {
        std::filesystem::resize_file(path, 1000);
        return Result<Visit>(Visit::Continue);
    });
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, ErrorCode::Corrupt);
}

TEST(CorpusSources, LongTextIsCutAtBlankLinesAndLosesNothing) {
    const TemporaryFolder folder;
    std::string text;
    for (int i = 0; text.size() < (20u << 20); ++i)
        text += strCat("Paragraph ", i, " stands here.\n", i % 7 == 0 ? "\n" : "");
    const auto documents = textsOf(shareOf(CorpusFormat::Text), folder.write("book.txt", text));
    ASSERT_EQ(documents.size(), 3u);
    std::string joined;
    for (const std::string& document : documents) {
        EXPECT_LE(document.size(), kLongestDocument);
        if (&document != &documents.back()) {
            EXPECT_TRUE(document.ends_with("\n\n"));
        }
        joined += document;
    }
    EXPECT_EQ(joined, text);
}

TEST(CorpusSources, CutsBetweenCharactersWhereThereAreNoLines) {
    EXPECT_EQ(bestCut("one\ntwo\n\nthree", 11), 9u);
    EXPECT_EQ(bestCut("one\ntwo three", 9), 4u);
    EXPECT_EQ(bestCut("a\xC3\xA4\xC3\xA4\xC3\xA4", 4), 3u);
    EXPECT_EQ(bestCut("a\n\nbcdefghijklmn\nopq", 18), 17u);  // a blank line too far in front
}

TEST(CorpusSources, AnnotationsAreStrippedOnRequest) {
    EXPECT_EQ(withoutAnnotations("48/2 = <<48/2=24>>24 clips. 1 << 2, <<a\nb>> <<<1=1>>>."),
              "48/2 = 24 clips. 1 << 2, <<a\nb>> <>.");
    const auto path = repositoryResources() / "corpus" / "gsm8k.jsonl";
    CorpusShare share = shareOf(CorpusFormat::Jsonl, {"question", "answer"});
    const auto kept = textsOf(share, path);
    share.stripAnnotations = true;
    const auto stripped = textsOf(share, path);
    const std::regex annotation("<<[^<>\n]*>>");
    ASSERT_EQ(kept.size(), stripped.size());
    std::size_t different = 0;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        ASSERT_EQ(stripped[i], std::regex_replace(kept[i], annotation, ""));
        different += kept[i] != stripped[i];
    }
    EXPECT_GT(different, 1000u);
}

TEST(CorpusSources, GuessesFormatAndFields) {
    const TemporaryFolder folder;
    folder.write("code/a.py", "a = 1\n");
    const auto guess = [&](const std::string& name, std::string_view content) {
        const auto share = guessShare("s", folder.write(name, content));
        EXPECT_TRUE(share) << share.error().message;
        return *share;
    };
    EXPECT_EQ(guess("q.jsonl", R"({"answer": "b", "question": "a"})").fields,
              (std::vector<std::string>{"question", "answer"}));
    EXPECT_EQ(guess("c4.json.gz", gzip(R"({"url": "u", "text": "t"})")).fields,
              std::vector<std::string>{"text"});
    EXPECT_EQ(guess("p.jsonl", "\n{\"path\": \"a.py\", \"content\": \"c\"}").fields,
              std::vector<std::string>{"content"});
    EXPECT_EQ(guess("wiki.train.tokens", "").format, CorpusFormat::WikiText);
    EXPECT_EQ(guess("wiki.train.raw.gz", "").format, CorpusFormat::WikiText);
    EXPECT_EQ(guess("book.txt", "").format, CorpusFormat::Text);
    EXPECT_EQ(guessShare("s", folder / "code")->format, CorpusFormat::Files);
    const auto unknown = guessShare("s", folder.write("x.jsonl", R"({"a": "b", "c": "d"})"));
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().message.find("a, c"), std::string::npos) << unknown.error().message;
}

}  // namespace skd::test
