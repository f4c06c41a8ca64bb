#include "spec/spec_identity.h"

#include <gtest/gtest.h>

#include <set>

namespace skd {
namespace {

/// Field visitor that gives the field with a number another value, and says which it was.
class FieldChanger {
public:
    explicit FieldChanger(int number) : m_left(number) {}

    template <class T>
    void field(const char* name, T& member, const FieldInfo& info) {
        if (m_left-- == 0) {
            changed = name;
            change(member, info);
        }
    }
    template <class T>
    void group(const char*, T& member, const char*) {
        T::visitFields(member, *this);
    }
    template <class T>
    void list(const char* name, std::vector<T>& member, const char*) {
        if (m_left-- == 0) {
            changed = name;
            member.push_back(T{});
        }
    }
    std::string changed;  ///< empty where there are fewer fields

private:
    static void change(std::string& member, const FieldInfo&) { member += "x"; }
    static void change(bool& member, const FieldInfo&) { member = !member; }
    static void change(AutoNumber& member, const FieldInfo&) { member = AutoNumber(0.5); }
    static void change(std::vector<std::string>& member, const FieldInfo&) {
        member.emplace_back("x");
    }
    static void change(std::vector<std::int64_t>& member, const FieldInfo&) { member.push_back(1); }
    static void change(std::vector<double>& member, const FieldInfo&) { member.push_back(0.5); }
    template <class T>
    static void change(std::map<std::string, T>& member, const FieldInfo&) {
        member["x"] = 1;
    }
    template <NamedEnum E>
    static void change(E& member, const FieldInfo&) {
        member = kNames<E>[member == kNames<E>[0].first ? 1 : 0].first;
    }
    template <class T>
    requires std::is_same_v<T, double> || std::is_same_v<T, std::int64_t>
    static void change(T& member, const FieldInfo& info) {
        member = static_cast<T>(static_cast<double>(member) == info.minimum ? info.maximum
                                                                            : info.minimum);
    }

    int m_left;
};

/// Checkpoints of a run are taken by one whose identity is the same.
TEST(SpecIdentity, HasEveryFieldThatIsOffItsDefault) {
    std::set<std::string> identities{dumpJson(specIdentity(RunSpec()))};
    int fields = 0;
    for (;; ++fields) {
        RunSpec spec;
        FieldChanger changer(fields);
        RunSpec::visitFields(spec, changer);
        if (changer.changed.empty()) break;
        EXPECT_TRUE(identities.insert(dumpJson(specIdentity(spec))).second) << changer.changed;
    }
    EXPECT_EQ(static_cast<std::size_t>(fields), describeRunSpec().size());
}

}  // namespace
}  // namespace skd
