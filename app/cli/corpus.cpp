#include <iostream>

#include "base/table.h"
#include "cli/commands.h"
#include "cli/engine_call.h"
#include "requests/corpus_tools.h"

namespace skd::cli {
namespace {

// ------------------------------------------------------------------- build
struct BuildArguments {
    std::string out, recipe, tokenizer;
    std::vector<std::string> shares;
    std::optional<std::int64_t> seed, sequenceLength, samples, minimumCharacters;
    std::string packing;
    bool keepDuplicates = false, replace = false;
};

Status choosePacking(const std::string& word, Packing& packing) {
    if (word.empty() || parseEnum(word, packing)) return {};
    return fail(ErrorCode::InvalidInput,
                strCat("--packing must be packed or documents, not \"", word, "\""));
}

/// The recipe file, then what the command line adds and changes.
Result<CorpusRecipe> recipeOf(const BuildArguments& a) {
    CorpusRecipe recipe;
    if (!a.recipe.empty()) {
        SKD_TRY(recipe, readRecipe(a.recipe));
    }
    for (const std::string& text : a.shares) {
        SKD_TRY(RecipeShare share, parseShareOption(text));
        recipe.shares.push_back(std::move(share));
    }
    recipe.seed = a.seed.value_or(recipe.seed);
    recipe.sequenceLength = a.sequenceLength.value_or(recipe.sequenceLength);
    recipe.samples = a.samples.value_or(recipe.samples);
    recipe.minimumCharacters = a.minimumCharacters.value_or(recipe.minimumCharacters);
    recipe.dropDuplicates = recipe.dropDuplicates && !a.keepDuplicates;
    SKD_CHECK(choosePacking(a.packing, recipe.packing));
    SKD_CHECK(validateRecipe(recipe));
    return recipe;
}

std::string cell(const Json& share, const char* key) {
    return share.contains(key) ? groupDigits(valueOr(share, key, std::int64_t{0})) : "–";
}

void printShares(const Json& manifest) {
    static constexpr std::array<std::pair<const char*, const char*>, 8> kColumns{
        {{"documents", "documents"},
         {"characters", "characters"},
         {"duplicates", "copies"},
         {"too_short", "too short"},
         {"refused", "unreadable"},
         {"tokens", "tokens"},
         {"samples_available", "samples"},
         {"repeats", "repeats"}}};
    TextTable table{.header = {"share"}, .figures = true};
    for (const auto& column : kColumns) table.header.emplace_back(column.second);
    for (const Json& share : memberOf(manifest, "shares")) {
        std::vector<std::string>& row = table.rows.emplace_back();
        row.push_back(valueOr(share, "name", ""));
        for (const auto& column : kColumns) row.push_back(cell(share, column.first));
        if (share.contains("note")) table.notes.push_back(valueOr(share, "note", ""));
    }
    std::cout << toConsole(table);
}

Result<int> build(const BuildArguments& a, bool json) {
    SKD_TRY(CorpusRecipe recipe, recipeOf(a));
    const EngineCall call(json);
    return answer(
        buildCorpusWithProgress({std::move(recipe), a.out, a.tokenizer, a.replace}, call.context),
        json, printShares);
}

void addBuild(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand("build", "make a corpus folder of local files");
    auto a = std::make_shared<BuildArguments>();
    command->add_option("OUT", a->out, "folder to make")->required();
    command->add_option("--share", a->shares,
                        "NAME=PATH[,weight=0.3][,kind=jsonl|text|wikitext|files][,fields=question+"
                        "answer][,extensions=.py+.cpp][,fraction=0.1][,strip][,licence=TEXT|FILE]; "
                        "what is missing is guessed from the path");
    command->add_option("--recipe", a->recipe, "JSON file with shares and settings");
    command->add_option("--tokenizer", a->tokenizer,
                        "model whose tokeniser counts tokens, samples and repeats");
    addChecked(command, "--seed", a->seed, "fixes which documents a fraction contains", atLeast(0));
    addChecked(command, "--sequence-length", a->sequenceLength,
               "tokens of a sample, for the statistics", CLI::Range(8, 131072));
    addChecked(command, "--samples", a->samples, "samples, for the statistics",
               CLI::Range(1, 1000000000));
    command->add_option("--packing", a->packing, "packed or documents, for the statistics");
    addChecked(command, "--min-characters", a->minimumCharacters, "skip shorter documents",
               atLeast(0));
    command->add_flag("--keep-duplicates", a->keepDuplicates, "keep copies of a document");
    command->add_flag("--replace", a->replace, "replace the corpus that OUT holds");
    table.add(command, [=](bool json) { return build(*a, json); });
}

// -------------------------------------------------------------------- show
void addShow(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand(
        "show", "statistics of a corpus folder; compares its files with the manifest");
    auto folder = std::make_shared<std::string>();
    command->add_option("OUT", *folder, "corpus folder")->required();
    table.add(command, [=](bool json) {
        return answer(showCorpus(*folder), json, [](const Json& manifest) {
            printShares(manifest);
            std::cout << "all files match the manifest; in a run: "
                      << dumpJson({{"corpus", memberOf(manifest, "spec")}}) << "\n";
        });
    });
}

// ------------------------------------------------------------------ sample
struct SampleArguments {
    CorpusSampleRequest request;
    std::string folder, packing;
};

Result<int> sample(SampleArguments& a, bool json) {
    a.request.folder = a.folder;
    Packing packing{};
    SKD_CHECK(choosePacking(a.packing, packing));
    if (!a.packing.empty()) a.request.packing = packing;
    const EngineCall call(true);
    return answer(sampleCorpus(a.request, call.context), json, [](const Json& result) {
        for (const Json& item : memberOf(result, "samples"))
            std::cout << "--- sample " << memberOf(item, "sample") << ": "
                      << memberOf(item, "tokens") << " tokens, " << memberOf(item, "padding")
                      << " of padding\n"
                      << valueOr(item, "text", "") << "\n";
    });
}

void addSample(CLI::App& app, CommandTable& table) {
    CLI::App* command =
        app.add_subcommand("sample", "samples as a run with this corpus folder trains on them");
    auto a = std::make_shared<SampleArguments>();
    command->add_option("OUT", a->folder, "corpus folder")->required();
    command->add_option("--tokenizer", a->request.tokenizer, "model whose tokeniser is used")
        ->required();
    addChecked(command, "-n,--count", a->request.count, "samples to show", atLeast(1));
    addChecked(command, "--seed", a->request.seed, "seed of the run", atLeast(0));
    addChecked(command, "--sequence-length", a->request.sequenceLength, "tokens of a sample",
               CLI::Range(8, 131072));
    addChecked(command, "--samples", a->request.samples, "samples of the run",
               CLI::Range(1, 1000000000));
    command->add_option("--packing", a->packing, "packed or documents");
    table.add(command, [=](bool json) { return sample(*a, json); });
}

}  // namespace

void addCorpus(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand("corpus", "make, check, show and list corpora");
    command->require_subcommand(1);
    addBuild(*command, table);
    addShow(*command, table);
    addSample(*command, table);
    table.add(command->add_subcommand("list", "corpora of this machine: those that ship, your own"),
              [](bool json) {
                  return answer(listCorpora(), json, [](const Json& result) {
                      for (const Json& corpus : memberOf(result, "corpora"))
                          std::cout << valueOr(corpus, "corpus", "") << "\t"
                                    << formatBytes(valueOr(corpus, "bytes", 0.0)) << "\t"
                                    << valueOr(corpus, "path", "") << "\n";
                  });
              });
}

}  // namespace skd::cli
