// Nothing that changes a figure is outside the keys of caches: a workspace that has seen the run
// before a change says of the changed one what a workspace says that has seen nothing.

#include <gtest/gtest.h>

#include <iostream>
#include <set>

#include "base/files.h"
#include "base/text.h"
#include "core/run/spec_effect_cases.h"
#include "core/run/spec_effect_world.h"
#include "run/pipeline.h"

namespace skd::test {
namespace {

/// Removes what takes its own time each time, at any depth.
void dropTimes(Json& json) {
    if (json.is_object())
        for (const char* key : {"seconds", "kd_seconds", "refine_seconds", "tokens_per_second",
                                "kd.tokens_per_second", "benchmark", "profile"})
            json.erase(key);
    if (json.is_structured())
        for (Json& member : json) dropTimes(member);
}

/// What a run computed.
Json figuresIn(const Json& outcome) {
    if (outcome.contains("error")) return "refused";
    Json figures = Json::object();
    for (const char* part : {"metrics", "ranks", "summary"})
        if (outcome.contains(part)) figures[part] = outcome[part];
    dropTimes(figures);
    return figures;
}

/// A workspace that keeps what runs leave, and ones that have seen nothing.
class WarmWorkspace : public testing::Test {
protected:
    static void SetUpTestSuite() {
        s_world = std::make_unique<EffectWorld>();
        s_warm = std::make_unique<RunPaths>(s_world->workspace("warm"));
        s_refused.clear();
        s_runs = 0;
        ASSERT_NE(warm(s_world->base()), "refused");  // it is run 1
    }
    static void TearDownTestSuite() {
        std::cout << s_runs << " runs; refused, and so not compared: "
                  << (s_refused.empty() ? "none" : s_refused) << "\n";
        s_world.reset();
    }

    static Json warm(const Json& spec) {
        const std::int64_t id = ++s_runs;
        const Json figures = figuresIn(EffectWorld::outcomeOf(spec, *s_warm, id));
        if (id != 1) std::filesystem::remove_all(s_warm->run(RunId(id)));
        return figures;
    }
    /// In a new workspace, which has run 1 for specs that name it.
    static Json fresh(const Json& spec) {
        const RunPaths paths = s_world->workspace(strCat("fresh-", ++s_runs));
        const bool needsRun = dumpJson(spec).find("run:1") != std::string::npos;
        if (needsRun) {
            std::filesystem::create_directories(paths.run(RunId(1)).parent_path());
            std::filesystem::copy(s_warm->run(RunId(1)), paths.run(RunId(1)),
                                  std::filesystem::copy_options::recursive);
        }
        const Json figures = figuresIn(EffectWorld::outcomeOf(spec, paths, 2));
        std::filesystem::remove_all(paths.cache);
        return figures;
    }
    /// The case's field changed, in both kinds of workspace.
    static void compare(const FieldCase& field) {
        // Its steps hang on how fast this machine is at the moment.
        if (std::string_view(field.path) == "distill.budget") {
            s_refused += " distill.budget (timed)";
            return;
        }
        Json before = s_world->base();
        for (const char* assignment : field.where)
            ASSERT_TRUE(applyOverride(before, s_world->placed(assignment))) << assignment;
        Json after = before;
        ASSERT_TRUE(applyOverride(after, s_world->placed(strCat(field.path, "=", field.value))));
        if (!field.where.empty()) (void)warm(before);
        const Json found = warm(after), expected = fresh(after);
        if (expected == "refused") s_refused += strCat(" ", field.path);
        EXPECT_EQ(dumpJson(found), dumpJson(expected)) << field.path << "=" << field.value;
    }

    static std::unique_ptr<EffectWorld> s_world;
    static std::unique_ptr<RunPaths> s_warm;
    static std::string s_refused;
    static std::int64_t s_runs;
};
std::unique_ptr<EffectWorld> WarmWorkspace::s_world;
std::unique_ptr<RunPaths> WarmWorkspace::s_warm;
std::string WarmWorkspace::s_refused;
std::int64_t WarmWorkspace::s_runs = 0;

/// Every tenth field; all of them are the suite below, which takes minutes.
TEST_F(WarmWorkspace, EqualsAFreshOneForFieldsOfAllGroups) {
    const std::vector<FieldCase>& cases = effectCases();
    for (std::size_t i = 0; i < cases.size(); i += 10) compare(cases[i]);
    EXPECT_GE(s_runs, 20);
}

class WholeWarmWorkspace : public WarmWorkspace, public testing::WithParamInterface<FieldCase> {};
TEST_P(WholeWarmWorkspace, EqualsAFreshOneForTheField) {
    compare(GetParam());
}
std::string warmCaseName(const testing::TestParamInfo<FieldCase>& info) {
    std::string name = info.param.path;
    std::ranges::replace(name, '.', '_');
    return name;
}
INSTANTIATE_TEST_SUITE_P(Fields, WholeWarmWorkspace, testing::ValuesIn(effectCases()),
                         warmCaseName);

/// A file of a model's folder, changed.
struct FileChange {
    const char* file;
    std::function<std::string(std::string)> apply;
    bool shows = true;  ///< so that some figure of the tiny run is another
};

std::string withMember(const std::string& text, const std::string& key, const Json& value) {
    Json json = text.empty() ? Json::object() : parseJson(text).value();
    json[key] = value;
    return dumpJson(json);
}

const std::vector<FileChange>& fileChanges() {
    static const std::vector<FileChange> changes{
        {"config.json", [](auto text) { return withMember(text, "rms_norm_eps", 0.5); }},
        {"model.safetensors",
         [](std::string bytes) {
             bytes[bytes.size() - 2] ^= 0x40;  // a high bit of the last f32
             return bytes;
         }},
        {"tokenizer.json",
         [](const std::string& text) {
             Json json = parseJson(text).value();
             json["model"]["merges"].erase(std::size_t{0});
             return dumpJson(json);
         }},
        {"tokenizer_config.json", [](auto text) { return withMember(text, "add_bos_token", true); },
         false},
        {"tokenizer_config.json",
         [](auto text) {
             return withMember(withMember(text, "add_bos_token", true), "bos_token",
                               "<|endoftext|>");
         }},
        {"tokenizer_config.json",
         [](auto text) { return withMember(text, "eos_token", "<|im_end|>"); }, false},
        {"generation_config.json",
         [](auto text) {
             return withMember(text, "eos_token_id", Json::array({0, 1, 2, 3}));
         }},
        {"chat_template.jinja", [](const auto&) {
             return std::string(
                 "{% for message in messages %}{{ message['content'] }}{% endfor %}");
         }}};
    return changes;
}

TEST_F(WarmWorkspace, EqualsAFreshOneForEveryFileOfAModel) {
    const std::filesystem::path folder = s_world->path() / "sound";
    std::set<std::string> changed;
    const Json before = warm(s_world->base());
    for (const auto& [file, apply, shows] : fileChanges()) {
        SCOPED_TRACE(file);
        changed.insert(file);
        const bool existed = std::filesystem::exists(folder / file);
        const std::string old = existed ? readBytes(folder / file) : "";
        ASSERT_TRUE(writeFileAtomically(folder / file, apply(old)));
        const Json found = warm(s_world->base()), expected = fresh(s_world->base());
        EXPECT_EQ(dumpJson(found), dumpJson(expected));
        if (existed) {
            EXPECT_TRUE(!shows || dumpJson(found) != dumpJson(before)) << "it changes nothing";
            ASSERT_TRUE(writeFileAtomically(folder / file, old));
        } else {
            std::filesystem::remove(folder / file);
        }
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        EXPECT_TRUE(changed.contains(entry.path().filename().string())) << entry.path();
    EXPECT_EQ(dumpJson(warm(s_world->base())), dumpJson(before)) << "everything is as it was";
}

}  // namespace
}  // namespace skd::test
