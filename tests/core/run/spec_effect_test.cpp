// Every field of a run spec changes what its help says it changes: each is run through the whole
// pipeline on a tiny model with another value, and one named part of the outcome must differ.

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/run/spec_effect_cases.h"
#include "core/run/spec_effect_world.h"
#include "run/pipeline.h"

namespace skd::test {
namespace {

class SpecEffect : public testing::TestWithParam<FieldCase> {
protected:
    static void SetUpTestSuite() {
        s_world = std::make_unique<EffectWorld>();
        s_paths = std::make_unique<RunPaths>(s_world->workspace("files"));
    }
    static void TearDownTestSuite() { s_world.reset(); }

    static std::string placed(std::string text) { return s_world->placed(std::move(text)); }
    static Json base() { return s_world->base(); }

    static Json outcomeOf(const Json& spec, std::int64_t id) {
        Json outcome = EffectWorld::outcomeOf(spec, *s_paths, id);
        if (id != 1) std::filesystem::remove_all(s_paths->run(RunId(id)));  // run:1 is asked for
        return outcome;
    }

    /// Outcomes by spec, so that cases share their starting points.
    static const Json& known(const Json& spec) {
        static std::map<std::string, Json> outcomes;
        static std::int64_t next = 1;  // the plain base comes first: it is run 1
        if (outcomes.empty()) outcomes.emplace(dumpJson(base()), outcomeOf(base(), next++));
        const std::string key = dumpJson(spec);
        auto found = outcomes.find(key);
        if (found == outcomes.end()) found = outcomes.emplace(key, outcomeOf(spec, next++)).first;
        return found->second;
    }

    static Json at(const Json& outcome, const char* pointer) {
        const Json::json_pointer place(pointer);
        return outcome.contains(place) ? outcome[place] : Json();
    }

    static std::unique_ptr<EffectWorld> s_world;
    static std::unique_ptr<RunPaths> s_paths;
};
std::unique_ptr<EffectWorld> SpecEffect::s_world;
std::unique_ptr<RunPaths> SpecEffect::s_paths;

TEST_P(SpecEffect, OfField) {
    const FieldCase& field = GetParam();
    Json before = base();
    for (const char* assignment : field.where)
        ASSERT_TRUE(applyOverride(before, placed(assignment))) << assignment;
    Json after = before;
    ASSERT_TRUE(applyOverride(after, placed(std::string(field.path) + "=" + field.value)));
    (void)known(base());
    const Json &first = known(before), &second = known(after);
    const bool expectsError = std::string(field.changes) == "/error";
    if (!expectsError) {
        ASSERT_FALSE(first.contains("error")) << first["error"];
        ASSERT_FALSE(second.contains("error")) << second["error"];
    }
    EXPECT_NE(dumpJson(at(first, field.changes)), dumpJson(at(second, field.changes)))
        << field.path << " changed nothing at " << field.changes;
    EXPECT_FALSE(at(first, field.changes).is_null() && at(second, field.changes).is_null());
}

std::string caseName(const testing::TestParamInfo<FieldCase>& info) {
    std::string name = info.param.path;
    for (char& c : name)
        if (c == '.') c = '_';
    return name;
}
INSTANTIATE_TEST_SUITE_P(Fields, SpecEffect, testing::ValuesIn(effectCases()), caseName);

TEST(SpecEffects, EveryFieldHasACase) {
    std::set<std::string> covered;
    for (const FieldCase& field : effectCases())
        EXPECT_TRUE(covered.insert(field.path).second) << field.path << " has two cases";
    for (const FieldDescription& field : describeRunSpec())
        EXPECT_TRUE(covered.erase(field.path)) << field.path << " has no case";
    EXPECT_TRUE(covered.empty()) << *covered.begin() << " is no field";
}

}  // namespace
}  // namespace skd::test
