#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "spec/run_spec.h"

namespace skd {
namespace {

/// Field visitor that gives every field a random value within its range; new fields come along by
/// themselves.
class RandomFiller {
public:
    void field(const char*, std::string& member, const FieldInfo&) { member = randomText(); }
    void field(const char*, bool& member, const FieldInfo&) {
        member = *rc::gen::arbitrary<bool>();
    }
    void field(const char*, std::int64_t& member, const FieldInfo& info) {
        member = randomInteger(info);
    }
    void field(const char*, double& member, const FieldInfo& info) {
        const double share =
            static_cast<double>(*rc::gen::inRange<std::int64_t>(0, 1ll << 53)) * 0x1p-53;
        member = std::clamp(info.minimum + share * (info.maximum - info.minimum), info.minimum,
                            info.maximum);
    }
    void field(const char* name, AutoNumber& member, const FieldInfo& info) {
        double value = 0;
        field(name, value, info);
        const int word = *rc::gen::inRange(0, 3);
        member = word == 0   ? AutoNumber::automatic()
                 : word == 1 ? AutoNumber::ruled()
                             : AutoNumber(value);
    }
    void field(const char*, std::vector<std::string>& member, const FieldInfo&) {
        member.assign(*rc::gen::inRange<std::size_t>(0, 4), "");
        for (std::string& text : member) text = randomText();
    }
    void field(const char*, std::vector<std::int64_t>& member, const FieldInfo& info) {
        member.assign(*rc::gen::inRange<std::size_t>(0, 4), 0);
        for (std::int64_t& number : member) number = randomInteger(info);
    }
    void field(const char* name, std::vector<double>& member, const FieldInfo& info) {
        member.assign(*rc::gen::inRange<std::size_t>(0, 4), 0);
        for (double& number : member) field(name, number, info);
    }
    void field(const char*, std::map<std::string, std::int64_t>& member, const FieldInfo& info) {
        const int count = *rc::gen::inRange(0, 5);
        for (int i = 0; i < count; ++i) member["m" + randomText()] = randomInteger(info);
    }
    void field(const char* name, std::map<std::string, double>& member, const FieldInfo& info) {
        const int count = *rc::gen::inRange(0, 5);
        for (int i = 0; i < count; ++i) field(name, member["m" + randomText()], info);
    }
    template <NamedEnum E>
    void field(const char*, E& member, const FieldInfo&) {
        member = kNames<E>[*rc::gen::inRange<std::size_t>(0, kNames<E>.size())].first;
    }
    template <class T>
    void group(const char*, T& member, const char*) {
        T::visitFields(member, *this);
    }
    template <class T>
    void list(const char*, std::vector<T>& member, const char*) {
        member.assign(*rc::gen::inRange<std::size_t>(0, 4), T{});
        for (T& element : member) T::visitFields(element, *this);
    }

private:
    static std::int64_t randomInteger(const FieldInfo& info) {
        return *rc::gen::inRange(static_cast<std::int64_t>(info.minimum),
                                 static_cast<std::int64_t>(info.maximum) + 1);
    }
    /// UTF-8 with quotes, control characters and characters of every length, but no NUL.
    static std::string randomText() {
        static const std::vector<std::string> kPieces{
            "a",  "Z",    "0",    " ", ".", "=",  "\"",   "\\",
            "\n", "\x01", "\x7f", "/", "é", "한", "🦙", "\xEF\xBF\xBF"};
        std::string text;
        for (const std::size_t piece : *rc::gen::container<std::vector<std::size_t>>(
                 rc::gen::inRange<std::size_t>(0, kPieces.size())))
            text += kPieces[piece];
        return text;
    }
};

RunSpec randomSpec() {
    RunSpec spec;
    RandomFiller filler;
    RunSpec::visitFields(spec, filler);
    return spec;
}

RC_GTEST_PROP(RunSpecProperty, SurvivesJsonAndText, ()) {
    const RunSpec spec = randomSpec();
    const auto direct = parseRunSpec(toJson(spec));
    RC_ASSERT(direct.has_value());
    RC_ASSERT(*direct == spec);
    const auto json = parseJson(dumpJson(toJson(spec), 2));
    RC_ASSERT(json.has_value());
    const auto read = parseRunSpec(*json);
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == spec);
}

RC_GTEST_PROP(RunSpecProperty, OverridesRebuildIt, ()) {
    const RunSpec spec = randomSpec();
    const Json json = toJson(spec);
    Json rebuilt = Json::object();
    for (const FieldDescription& field : describeRunSpec()) {
        std::string pointer = "/" + field.path;
        std::replace(pointer.begin(), pointer.end(), '.', '/');
        const Json& value = json.at(Json::json_pointer(pointer));
        RC_ASSERT(applyOverride(rebuilt, field.path + "=" + dumpJson(value)).has_value());
    }
    RC_ASSERT(parseRunSpec(rebuilt) == spec);
}

RC_GTEST_PROP(RunSpecProperty, ValidateNeverThrows, ()) {
    const Status status = validate(randomSpec());
    RC_ASSERT(status.has_value() || !status.error().message.empty());
}

}  // namespace
}  // namespace skd
