#pragma once

#include <string>
#include <utility>
#include <vector>

#include "spec/json_writer.h"
#include "spec/run_spec.h"

namespace skd {

/// Field visitor that lists the leaves of a spec with their defaults (the values of the visited
/// object).
class FieldDescriber {
public:
    explicit FieldDescriber(std::string prefix = "") : m_prefix(std::move(prefix)) {}

    template <class T>
    void field(const char* name, const T& member, const FieldInfo& info) {
        m_fields.push_back({m_prefix + name,
                            typeName(member),
                            info,
                            choices(member),
                            JsonWriter::value(member),
                            {}});
    }
    template <class T>
    void group(const char* name, const T& member, const char* /*help*/) {
        FieldDescriber inner(m_prefix + name + ".");
        T::visitFields(member, inner);
        for (FieldDescription& leaf : inner.m_fields) m_fields.push_back(std::move(leaf));
    }
    template <class T>
    void list(const char* name, const std::vector<T>& member, const char* help) {
        Json defaults = Json::array();
        for (const T& element : member) defaults.push_back(specToJson(element));
        FieldDescriber inner;
        T::visitFields(std::as_const(kElement<T>), inner);
        m_fields.push_back({m_prefix + name,
                            "list",
                            FieldInfo{help},
                            {},
                            std::move(defaults),
                            std::move(inner.m_fields)});
    }
    [[nodiscard]] std::vector<FieldDescription> take() { return std::move(m_fields); }

private:
    template <class T>
    inline static const T kElement{};

    static const char* typeName(const std::string&) { return "text"; }
    static const char* typeName(std::int64_t) { return "integer"; }
    static const char* typeName(double) { return "number"; }
    static const char* typeName(const AutoNumber&) { return "number"; }
    static const char* typeName(bool) { return "flag"; }
    template <class V>
    static const char* typeName(const std::vector<V>&) {
        return "list";
    }
    template <class V>
    static const char* typeName(const std::map<std::string, V>&) {
        return "map";
    }
    static const char* typeName(const Json&) { return "map"; }
    static const char* typeName(NamedEnum auto) { return "choice"; }
    static std::vector<std::string> choices(const auto&) { return {}; }
    static std::vector<std::string> choices(const AutoNumber&) {
        return {AutoNumber::kWords.begin(), AutoNumber::kWords.end()};
    }
    template <NamedEnum E>
    static std::vector<std::string> choices(const E&) {
        return enumNames<E>();
    }

    std::string m_prefix;
    std::vector<FieldDescription> m_fields;
};

}  // namespace skd
