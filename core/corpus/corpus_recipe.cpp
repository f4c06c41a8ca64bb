#include "corpus/corpus_recipe.h"

#include <set>

#include "base/files.h"
#include "base/text.h"
#include "corpus/corpus_folder.h"
#include "corpus/text_sources.h"
#include "spec/json_reader.h"

namespace skd {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

Result<Json> numberOf(const std::string& value) {
    auto json = parseJson(value);
    if (json && json->is_number()) return json;
    return fail(ErrorCode::InvalidInput, strCat("\"", value, "\" is not a number"));
}

/// One "key=value" of a share, as the recipe's field.
Status setOption(Json& share, const std::string& key, const std::string& value) {
    if (key == "kind")
        share["format"] = value;
    else if (key == "licence")
        share["licence"] = value;
    else if (key == "fields" || key == "extensions")
        share[key] = split(value, '+');
    else if (key == "strip")
        share["strip_annotations"] = true;
    else if (key == "weight" || key == "fraction") {
        SKD_TRY(share[key], located(numberOf(value), key));
    } else {
        const std::string hint = didYouMean(
            key, {"kind", "fields", "weight", "fraction", "extensions", "strip", "licence"});
        return fail(ErrorCode::InvalidInput,
                    strCat("there is no \"", key, "\" for a share",
                           hint.empty() ? "; a path with a comma needs a recipe file" : hint));
    }
    return {};
}

Status checkShare(const RecipeShare& share, std::set<std::string>& names) {
    const std::string& name = share.source.name;
    if (!isShareName(name))
        return fail(ErrorCode::InvalidInput,
                    strCat("\"", name,
                           "\" cannot be the name of a share: take letters, digits, "
                           "'.', '_' and '-'"));
    if (!names.insert(name).second)
        return fail(ErrorCode::InvalidInput, strCat("two shares are called \"", name, "\""));
    if (share.source.path.empty())
        return fail(ErrorCode::InvalidInput, strCat("the share \"", name, "\" has no path"));
    if (share.source.format == CorpusFormat::Jsonl && share.source.fields.empty())
        return fail(ErrorCode::InvalidInput, strCat("the share \"", name, "\" names no fields"));
    return {};
}

}  // namespace

Result<CorpusRecipe> readRecipe(const std::filesystem::path& path) {
    SKD_TRY(const Json json, readJsonFile(path));
    CorpusRecipe recipe;
    SKD_CHECK(located(readSpec(json, "", recipe), path.string()));
    return recipe;
}

Result<RecipeShare> parseShareOption(const std::string& text) {
    std::vector<std::string> parts = split(text, ',');
    const std::size_t equals = parts.front().find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == parts.front().size())
        return fail(ErrorCode::InvalidInput,
                    strCat("\"", text,
                           "\" is not a share; write NAME=PATH, for example "
                           "gsm8k=train.jsonl,weight=0.25"));
    const std::string name = parts.front().substr(0, equals),
                      path = parts.front().substr(equals + 1),
                      where = strCat("share \"", name, "\"");
    Json json = Json::object();
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const std::size_t sign = parts[i].find('=');
        const std::string key = parts[i].substr(0, sign);
        const std::string value = sign == std::string::npos ? "" : parts[i].substr(sign + 1);
        SKD_CHECK(located(setOption(json, key, value), where));
    }
    RecipeShare share;
    const bool known =
        json.contains("format") && (memberOf(json, "format") != "jsonl" || json.contains("fields"));
    if (known || json.contains("fields")) {
        share.source.name = name;
        share.source.path = path;
    } else {
        SKD_TRY(share.source, located(guessShare(name, path), where));
    }
    SKD_CHECK(readSpec(json, where, share));
    return share;
}

Status validateRecipe(const CorpusRecipe& recipe) {
    if (recipe.shares.empty())
        return fail(ErrorCode::InvalidInput, "a corpus needs at least one share");
    std::set<std::string> names;
    double total = 0;
    for (const RecipeShare& share : recipe.shares) {
        SKD_CHECK(checkShare(share, names));
        total += share.source.weight;
    }
    if (total > 0) return {};
    return fail(ErrorCode::InvalidInput,
                "the weights of the shares add up to 0; give one of them a weight above 0");
}

}  // namespace skd
