#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <set>

#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "core/corpus/corpus_fixture.h"
#include "corpus/corpus_folder.h"
#include "corpus/corpus_folder_builder.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

/// Two sources, and a recipe for them.
struct RecipeSources {
    TemporaryFolder folder;
    CorpusRecipe recipe;
    fs::path out = folder / "out";

    RecipeSources() {
        folder.write("a.jsonl", jsonLines(60, "alpha") + jsonLines(3, "alpha"));
        folder.write("code/one.py", "def one():\n    return 1\n");
        folder.write("code/two.py", "def two():\n    return 2\n");
        recipe.shares = {{{"a", (folder / "a.jsonl").string()}},
                         {{"code", (folder / "code").string(), CorpusFormat::Files, {}, 3.0}}};
        recipe.sequenceLength = 16;
        recipe.samples = 400;
    }
    Result<std::optional<Json>> build(const CorpusFolderOptions& options = {}) const {
        return buildCorpusFolder(recipe, out, repositoryResources(), options);
    }
    [[nodiscard]] std::set<std::string> names() const {
        std::set<std::string> found;
        for (const auto& entry : fs::directory_iterator(folder.path()))
            found.insert(entry.path().filename().string());
        return found;
    }
};

std::vector<std::string> textsOf(const fs::path& file) {
    const auto documents = documentsOf({"s", ""}, file);
    EXPECT_TRUE(documents) << documents.error().message;
    std::vector<std::string> texts;
    for (const SourceDocument& document : *documents) texts.push_back(document.text);
    return texts;
}

std::string errorOf(const RecipeSources& sources) {
    const auto built = sources.build();
    EXPECT_FALSE(built);
    EXPECT_FALSE(fs::exists(sources.out));
    EXPECT_FALSE(fs::exists(sources.out.string() + ".partial"));
    return built ? "" : built.error().message;
}

}  // namespace

TEST(CorpusFolder, WritesEveryDocumentOnceAndDescribesItself) {
    const RecipeSources sources;
    CorpusFolderOptions options;
    options.tokenizer = &corpusTokenizer();
    const auto manifest = sources.build(options);
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_EQ(sources.names(), (std::set<std::string>{"a.jsonl", "code", "out"}));
    const Json& a = (**manifest)["shares"][0];
    EXPECT_EQ(a["documents"], 60);
    EXPECT_EQ(a["duplicates"], 3);
    EXPECT_EQ(a["source"]["sha256"], sha256File(sources.folder / "a.jsonl").value());
    EXPECT_EQ(a["sha256"], sha256File(sources.out / "a.jsonl").value());
    EXPECT_EQ(a["bytes"], fs::file_size(sources.out / "a.jsonl"));
    EXPECT_EQ(
        textsOf(sources.out / "code.jsonl"),
        (std::vector<std::string>{"def one():\n    return 1\n", "def two():\n    return 2\n"}));
    std::vector<std::string> expected = textsOf(sources.folder / "a.jsonl");
    expected.resize(60);
    EXPECT_EQ(textsOf(sources.out / "a.jsonl"), expected);
    std::size_t characters = 0, tokens = 0;
    for (const std::string& text : expected) {
        characters += text.size();  // ASCII
        tokens += corpusTokenizer().encode(text)->size() + 1;
    }
    EXPECT_EQ(a["characters"], characters);
    EXPECT_EQ(a["tokens"], tokens);
    EXPECT_EQ(a["samples_available"], tokens / 16);
    EXPECT_EQ(a["samples_wanted"], 100);
    EXPECT_EQ(a["repeats"],
              std::max<std::int64_t>(0, 100 - static_cast<std::int64_t>(tokens / 16)));
    const Json& code = (**manifest)["shares"][1];
    EXPECT_EQ(code["source"]["files"], 2);
    EXPECT_NE(code["note"].get<std::string>().find("300 asked means"), std::string::npos);
    EXPECT_EQ(readBytes(sources.out / "manifest.json"), dumpJson(**manifest, 2) + "\n");
    EXPECT_TRUE(CorpusFolder::open(sources.out)->verify());
}

TEST(CorpusFolder, TheSameRecipeGivesTheSameBytes) {
    RecipeSources sources;
    ASSERT_TRUE(sources.build());
    const std::string first = readBytes(sources.out / "manifest.json");
    fs::rename(sources.out, sources.folder / "first");
    ASSERT_TRUE(sources.build());
    EXPECT_EQ(readBytes(sources.out / "manifest.json"), first);
}

TEST(CorpusFolder, EverySettingDoesWhatItSays) {
    RecipeSources sources;
    const auto documents = [&](const char* out) {
        sources.out = sources.folder / out;
        const auto manifest = sources.build();
        EXPECT_TRUE(manifest) << manifest.error().message;
        return textsOf(sources.out / "a.jsonl");
    };
    const auto all = documents("all");
    sources.recipe.dropDuplicates = false;
    EXPECT_EQ(documents("copies").size(), 63u);
    sources.recipe.dropDuplicates = true;

    sources.recipe.minimumCharacters = 80;
    std::vector<std::string> expected;
    for (const std::string& text : all)
        if (text.size() >= 80) expected.push_back(text);
    ASSERT_LT(expected.size(), all.size());
    sources.recipe.shares.pop_back();  // its files are shorter
    EXPECT_EQ(documents("short"), expected);
    sources.recipe.minimumCharacters = 1;

    sources.recipe.shares[0].fraction = 0.4;
    const auto part = documents("part");
    EXPECT_GT(part.size(), 12u);
    EXPECT_LT(part.size(), 36u);
    sources.recipe.seed = 7;
    EXPECT_NE(documents("seed"), part);
    sources.recipe.seed = 42;
    EXPECT_EQ(documents("again"), part);

    sources.recipe.shares[0].licence = sources.folder.write("L.txt", "The licence.\n").string();
    EXPECT_EQ((**sources.build({nullptr, true, {}}))["shares"][0]["licence"], "The licence.\n");
    sources.recipe.shares[0].licence = "MIT";
    EXPECT_EQ((**sources.build({nullptr, true, {}}))["shares"][0]["licence"], "MIT");
}

TEST(CorpusFolder, CopiesAreKnownAcrossSharesAndDespiteWhiteSpace) {
    RecipeSources sources;
    sources.folder.write("b.jsonl",
                         "{\"text\": \"def one():\\n  return  1\"}\n{\"text\": \"new\"}\n");
    sources.recipe.shares.push_back({{"b", (sources.folder / "b.jsonl").string()}});
    const auto manifest = sources.build();
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_EQ((**manifest)["shares"][2]["duplicates"], 1);
    EXPECT_EQ(textsOf(sources.out / "b.jsonl"), std::vector<std::string>{"new"});
}

TEST(CorpusFolder, LeavesNothingAfterAnError) {
    RecipeSources sources;
    std::string damaged = jsonLines(5000, "many");
    for (int i = 0; i < 400; ++i) damaged += "{\"text\": 3}\n";
    sources.folder.write("a.jsonl", damaged);
    EXPECT_NE(errorOf(sources).find("a.jsonl:5001"), std::string::npos);
    sources.recipe.shares[0].source.path = "/nowhere/x.jsonl";
    EXPECT_NE(errorOf(sources).find("/nowhere/x.jsonl"), std::string::npos);
    sources.recipe.shares[0].source.path = (sources.folder / "a.jsonl").string();
    sources.folder.write("a.jsonl", "\n");
    EXPECT_NE(errorOf(sources).find("contains no document"), std::string::npos);
    sources.recipe.shares[0].source.name = "../escape";
    EXPECT_NE(errorOf(sources).find("cannot be the name"), std::string::npos);
    sources.recipe.shares[0].source.name = "code";
    EXPECT_NE(errorOf(sources).find("two shares"), std::string::npos);
}

TEST(CorpusFolder, RefusesTheTestSplit) {
    RecipeSources sources;
    sources.recipe.shares[0].source = {
        "t", (repositoryResources() / "text/wikitext-2-test.raw").string(), CorpusFormat::WikiText};
    EXPECT_NE(errorOf(sources).find("this is text of the WikiText-2 test split"),
              std::string::npos);
}

/// Every write-side call fails once, as a full disk would make it.
TEST(CorpusFolder, DiskFullAtEachWriteLeavesNothingOrTheOldFolder) {
    for (const bool replace : {false, true}) {
        RecipeSources sources;
        std::string before;
        if (replace) {
            ASSERT_TRUE(sources.build());
            before = readBytes(sources.out / "manifest.json");
            sources.folder.write("a.jsonl", jsonLines(70, "beta"));
        }
        int failures = 0;
        for (int failing = 0;; ++failing) {
            int calls = 0;
            setWriteFaultForTesting([&](const char*) { return calls++ == failing ? ENOSPC : 0; });
            const auto built = sources.build({nullptr, replace, {}});
            setWriteFaultForTesting({});
            if (built) break;
            ++failures;
            EXPECT_EQ(built.error().code, ErrorCode::NoSpace) << built.error().message;
            EXPECT_FALSE(fs::exists(sources.out.string() + ".partial"));
            EXPECT_EQ(fs::exists(sources.out), replace);
            if (replace) {
                EXPECT_EQ(readBytes(sources.out / "manifest.json"), before);
            }
        }
        EXPECT_GT(failures, 10);
        EXPECT_NE(readBytes(sources.out / "manifest.json"), before);
        EXPECT_TRUE(CorpusFolder::open(sources.out)->verify());
    }
}

TEST(CorpusFolder, CancellingLeavesNothing) {
    const RecipeSources sources;
    int told = 0;
    const auto built = sources.build(
        {nullptr, false, [&](const std::string&, std::uint64_t) { return ++told < 10; }});
    ASSERT_TRUE(built);
    EXPECT_FALSE(*built);
    EXPECT_EQ(told, 10);
    EXPECT_EQ(sources.names(), (std::set<std::string>{"a.jsonl", "code"}));
}

/// Killed at each document and at each write-side call.
TEST(CorpusFolder, AKilledBuildLeavesNoPartOfAFolderAndIsCleared) {
    const RecipeSources sources;
    const auto builtAfterKill = [&](int document, int call) {
        const pid_t child = fork();
        if (child == 0) {
            int told = 0, calls = 0;
            setWriteFaultForTesting([&](const char*) {
                if (++calls == call) std::raise(SIGKILL);
                return 0;
            });
            (void)sources.build({nullptr, true, [&](const std::string&, std::uint64_t) {
                                     if (++told == document) std::raise(SIGKILL);
                                     return true;
                                 }});
            std::_Exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        return WIFEXITED(status);
    };
    for (int document = 1; document <= 61; document += 12) {
        EXPECT_FALSE(builtAfterKill(document, 0));
        EXPECT_FALSE(fs::exists(sources.out));
        EXPECT_TRUE(fs::exists(sources.out.string() + ".partial"));
    }
    bool finished = false;
    for (int call = 1; !finished; ++call) {
        finished = builtAfterKill(0, call);
        if (fs::exists(sources.out)) {
            EXPECT_TRUE(CorpusFolder::open(sources.out)->verify()) << call;
        }
    }
    EXPECT_EQ(sources.names(), (std::set<std::string>{"a.jsonl", "code", "out"}));
    std::set<std::string> files;
    for (const auto& entry : fs::directory_iterator(sources.out))
        files.insert(entry.path().filename().string());
    EXPECT_EQ(files, (std::set<std::string>{"a.jsonl", "code.jsonl", "manifest.json"}));
}

TEST(CorpusFolder, TakesNoPlaceThatIsNotItsOwn) {
    const RecipeSources sources;
    sources.folder.write("out/thesis.txt", "years of work");
    for (const bool replace : {false, true}) {
        const auto built = sources.build({nullptr, replace, {}});
        ASSERT_FALSE(built);
        EXPECT_EQ(built.error().code, ErrorCode::InvalidInput);
    }
    EXPECT_EQ(readBytes(sources.out / "thesis.txt"), "years of work");
    fs::remove_all(sources.out);
    sources.folder.write("out.partial/thesis.txt", "years of work");
    const auto built = sources.build();
    ASSERT_FALSE(built);
    EXPECT_NE(built.error().message.find("out.partial is in the way"), std::string::npos);
    EXPECT_EQ(readBytes(sources.folder / "out.partial/thesis.txt"), "years of work");
    fs::remove_all(sources.folder / "out.partial");
    fs::create_directory(sources.out);
    EXPECT_TRUE(sources.build()) << "an empty folder may be filled";
    const auto again = sources.build();
    ASSERT_FALSE(again);
    EXPECT_NE(again.error().message.find("--replace"), std::string::npos);
}

TEST(CorpusFolder, TwoBuildsDoNotMix) {
    const RecipeSources sources;
    const auto outer = sources.build({nullptr, false, [&](const std::string&, std::uint64_t) {
                                          const auto inner = sources.build();
                                          EXPECT_EQ(inner.error().code, ErrorCode::Busy);
                                          return true;
                                      }});
    EXPECT_TRUE(outer);
}

TEST(CorpusFolder, ARunTakesItsSharesAndWeights) {
    const RecipeSources sources;
    ASSERT_TRUE(sources.build());
    CorpusSpec byHand, byFolder;
    byHand.shares = {
        {"a", (sources.out / "a.jsonl").string()},
        {"code", (sources.out / "code.jsonl").string(), CorpusFormat::Jsonl, {"text"}, 3.0}};
    byFolder.folder = sources.out.string();
    const auto expected = buildCorpus(byHand, 42, corpusTokenizer(), repositoryResources());
    const auto corpus = buildCorpus(byFolder, 42, corpusTokenizer(), repositoryResources());
    ASSERT_TRUE(corpus) << corpus.error().message;
    EXPECT_EQ(corpus->sha256(), expected->sha256());
    EXPECT_EQ(corpus->toJson()["manifest_sha256"],
              sha256File(sources.out / "manifest.json").value());
    EXPECT_FALSE(expected->toJson().contains("manifest_sha256"));
    byFolder.shares = byHand.shares;
    EXPECT_EQ(buildCorpus(byFolder, 42, corpusTokenizer(), repositoryResources()).error().code,
              ErrorCode::InvalidInput);
}

TEST(CorpusFolder, ARunRefusesFilesThatChanged) {
    const RecipeSources sources;
    ASSERT_TRUE(sources.build());
    CorpusSpec spec;
    spec.folder = sources.out.string();
    const auto errorAfter = [&](const char* file, const std::string& content) {
        const std::string original = readBytes(sources.out / file);
        sources.folder.write(std::string("out/") + file, content);
        const auto corpus = buildCorpus(spec, 42, corpusTokenizer(), repositoryResources());
        sources.folder.write(std::string("out/") + file, original);
        EXPECT_FALSE(corpus);
        return corpus ? Error{} : corpus.error();
    };
    EXPECT_NE(errorAfter("a.jsonl", jsonLines(60, "other")).message.find("another SHA-256"),
              std::string::npos);
    EXPECT_EQ(errorAfter("manifest.json", "{}").code, ErrorCode::Corrupt);
    EXPECT_EQ(errorAfter("manifest.json", "").code, ErrorCode::Corrupt);
    std::string manifest = readBytes(sources.out / "manifest.json");
    const auto with = [&](std::string_view from, std::string_view to) {
        std::string changed = manifest;
        changed.replace(changed.find(from), from.size(), to);
        return errorAfter("manifest.json", changed);
    };
    EXPECT_EQ(with("\"version\": 1", "\"version\": 2").code, ErrorCode::Newer);
    EXPECT_EQ(with("\"name\": \"a\"", "\"name\": \"../../etc/passwd\"").code, ErrorCode::Corrupt);
    EXPECT_EQ(with("\"name\": \"a\"", "\"name\": \"code\"").code, ErrorCode::Corrupt);
    EXPECT_EQ(with("\"weight\": 1.0", "\"weight\": -1.0").code, ErrorCode::Corrupt);
    EXPECT_EQ(with("\"weight\": 1.0", "\"weight\": \"1\"").code, ErrorCode::Corrupt);
    fs::remove(sources.out / "code.jsonl");
    EXPECT_EQ(buildCorpus(spec, 42, corpusTokenizer(), repositoryResources()).error().code,
              ErrorCode::NotFound);
    fs::remove(sources.out / "manifest.json");
    EXPECT_EQ(buildCorpus(spec, 42, corpusTokenizer(), repositoryResources()).error().code,
              ErrorCode::NotFound);
}

TEST(CorpusRecipe, ShareOptionsAndFiles) {
    const TemporaryFolder folder;
    const std::string path =
        folder.write("rows.jsonl", R"({"question": "a", "answer": "b"})").string();
    const auto share =
        parseShareOption("gsm8k=" + path + ",weight=0.25,strip,fraction=0.5,licence=MIT");
    ASSERT_TRUE(share) << share.error().message;
    const RecipeShare expected{
        {"gsm8k", path, CorpusFormat::Jsonl, {"question", "answer"}, 0.25, {}, true}, 0.5, "MIT"};
    EXPECT_EQ(*share, expected);
    const auto code = parseShareOption("code=/src,kind=files,extensions=.py+.cpp");
    ASSERT_TRUE(code);
    EXPECT_EQ(code->source.extensions, (std::vector<std::string>{".py", ".cpp"}));
    const std::pair<const char*, const char*> wrong[] = {
        {"x", "NAME=PATH"},
        {"=x", "NAME=PATH"},
        {"x=", "NAME=PATH"},
        {"x=y,wieght=1", "did you mean \"weight\""},
        {"x=y,weight=much", "not a number"},
        {"x=y,kind=txt", "must be one of"},
        {"x=y,kind=text,weight=-1", "between 0 and"},
        {"x=/nowhere/y.jsonl", "/nowhere/y.jsonl"}};
    for (const auto& [text, message] : wrong) {
        const auto result = parseShareOption(text);
        ASSERT_FALSE(result) << text;
        EXPECT_NE(result.error().message.find(message), std::string::npos)
            << result.error().message;
    }
    const auto recipe =
        readRecipe(folder.write("recipe.json", R"({"shares": [{"name": "a", "path": "a.txt",
        "format": "text", "fraction": 0.1}], "samples": 7, "packing": "documents"})"));
    ASSERT_TRUE(recipe) << recipe.error().message;
    EXPECT_EQ(recipe->shares[0].fraction, 0.1);
    EXPECT_EQ(recipe->packing, Packing::Documents);
    const auto typo = readRecipe(folder.write("typo.json", R"({"shares": [{"fractoin": 1}]})"));
    ASSERT_FALSE(typo);
    EXPECT_NE(typo.error().message.find("\"shares.0.fraction\""), std::string::npos)
        << typo.error().message;
}

}  // namespace skd::test
