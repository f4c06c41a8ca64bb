#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <string>
#include <vector>

namespace skd::test {
namespace {

namespace fs = std::filesystem;

/// Sources that may ask the JSON library itself, and why that aborts on nobody's data.
const std::map<std::string, const char*> kAllowed{
    {"core/base/json.h", "the checked accessors"},
    {"core/base/json.cpp", "the parser, and the checked accessors"},
    {"core/base/record.h", "checked by type before each"},
    {"core/base/members.h", "checked by type before each"},
    {"core/spec/json_reader.cpp", "the reader of specs: checked by type before each"},
    {"core/spec/json_writer.h", "an object that it makes"},
    {"core/spec/run_spec.cpp", "parses texts of this program's own field lists"},
    {"core/spec/study_spec.cpp", "an object that it makes, and one that was checked to be one"},
    {"core/tokenizer/files/tokenizer_json_document.cpp", "an object that it makes"},
    // What the library throws is caught where it is read, and makes one error of all.
    {"core/model/config/model_config.cpp", "throws, caught"},
    {"core/prune/svd/spectrum_cache.cpp", "throws, caught"},
    {"core/results/break_even.cpp", "throws, caught"},
    {"core/eval/compute_probe.cpp", "throws, caught"}};

/// What is not JSON, although it is asked in the same way.
bool isOtherType(const std::string& receiver) {
    static const std::regex kOther(
        R"((saved_data|settings|parser|curves|reply\.arguments\(\)|names|words|m_columns)$)");
    return std::regex_search(receiver, kOther) || receiver.ends_with("QSettings()");
}

/// Lines without comments and with the contents of strings blanked, but for one word in brackets
/// or parentheses: a key.
std::string codeOf(const std::string& line) {
    std::string code;
    bool inText = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (!inText && line.compare(i, 2, "//") == 0) break;
        if (inText && line[i] == '\\') {
            code += "__";
            ++i;
            continue;
        }
        const bool quote = line[i] == '"';
        if (quote) inText = !inText;
        code +=
            inText && !quote && !std::isalnum(static_cast<unsigned char>(line[i])) ? '_' : line[i];
    }
    return code;
}

/// What of a line asks JSON without a check; "" where nothing does.
std::string uncheckedIn(const std::string& line) {
    const std::string code = codeOf(line);
    std::smatch match;
    static const std::regex kTyped(R"((\.|->)(get<|get_ref<|get_to\())"),
        kParse(R"(\b[jJ]son::(parse|sax_parse)\()"),
        kNamed(R"(([\w.>()-]*[\w)])(\.|->)(at\("|value\("\w*",))"),
        kSubscript(R"(([\w.>()-]*[\w)\]])\["\w*"\])");
    if (std::regex_search(code, match, kTyped) || std::regex_search(code, match, kParse))
        return match.str();
    if (std::regex_search(code, match, kNamed) && !isOtherType(match[1])) return match.str();
    // A subscript that writes makes what is absent.
    static const std::regex kWrites(
        R"(^(\[[^\]]*\])*\s*(=[^=]|=$|\+=|\.push_back\(|\.emplace_back\(|\.erase\(|$))"),
        kReference(R"((^|[(\s])Json& \w+ ?[=:])");
    if (code.find("const Json&") == std::string::npos && std::regex_search(code, kReference))
        return "";
    for (auto at = code.cbegin(); std::regex_search(at, code.cend(), match, kSubscript);
         at = match.suffix().first) {
        const std::string rest(match.suffix().first, code.cend());
        const bool tries = match.str(1).find("SKD_TRY(") != std::string::npos && rest[0] == ',';
        if (!tries && !std::regex_search(rest, kWrites) && !isOtherType(match[1]))
            return match.str();
    }
    return "";
}

TEST(JsonAccess, TheCheckKnowsWhatIsUnchecked) {
    for (const char* bad :
         {"x = json[\"a\"].get<int>();", "if (json[\"a\"] == 3)", "use(spec[\"b\"].size());",
          "json.at(\"rope\")", "found->get_ref<const std::string&>()", "list.get_to(values);",
          "const int n = json.value(\"a\", 3);", "auto j = nlohmann::json::parse(text);",
          "const Json& eval = spec[\"eval\"];", "(*json)[\"lineage\"].dump()"})
        EXPECT_NE(uncheckedIn(bad), "") << bad;
    for (const char* good :
         {"json[\"a\"] = 3;", "json[\"a\"][\"b\"] = x;", "json[\"runs\"].push_back(1);",
          "// json[\"a\"].get<int>()", "Json& shape = json[\"shapes\"][i];",
          "valueOr(json, \"a\", 0.0)", "settings.value(\"theme\").toString()",
          "context->saved_data[\"bias\"].toBool()", "std::get<int>(variant)",
          "SKD_TRY(json[\"freed\"], purge());", "strCat(\"[\", word, \"]\")",
          "entry.value(); optional.value()", "curves.at(\"ppl.live\")"})
        EXPECT_EQ(uncheckedIn(good), "") << good;
}

TEST(JsonAccess, OnlyCheckedAccessorsReadJsonFromOutside) {
    std::map<std::string, int> used;
    int seen = 0;
    for (const char* folder : {"core", "app", "widgets"})
        for (const auto& entry :
             fs::recursive_directory_iterator(fs::path(SKD_SOURCE_DIR) / folder)) {
            if (entry.path().extension() != ".h" && entry.path().extension() != ".cpp") continue;
            const std::string name = fs::relative(entry.path(), SKD_SOURCE_DIR).string();
            std::ifstream file(entry.path());
            int number = 0;
            ++seen;
            for (std::string line; std::getline(file, line);) {
                ++number;
                const std::string found = uncheckedIn(line);
                if (found.empty()) continue;
                ++used[name];
                EXPECT_TRUE(kAllowed.contains(name))
                    << name << ":" << number << ": " << found
                    << " aborts or throws where the JSON is another; use memberOf, valueOr or "
                       "valueAs of base/json.h";
            }
        }
    EXPECT_GT(seen, 700) << "the test must see the sources";
    for (const auto& [name, why] : kAllowed)
        EXPECT_GT(used[name], 0) << name << " needs no exception any more (" << why << ")";
}

}  // namespace
}  // namespace skd::test
