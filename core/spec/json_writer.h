#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/json.h"
#include "base/text.h"
#include "base/units.h"

namespace skd {

/// Lists of numbers that are stored beside a document, in its order.
using ListsBeside = std::vector<const std::vector<double>*>;

/// Any spec as a JSON object, all fields in their order. Equal specs give equal text. `beside` gets
/// the lists of which the object holds the lengths.
template <class Spec>
Json specToJson(const Spec& spec, ListsBeside* beside = nullptr);

/// Field visitor that writes a spec.
class JsonWriter {
public:
    explicit JsonWriter(ListsBeside* beside) : m_beside(beside) {}
    template <class T>
    void field(const char* name, const T& member, const FieldInfo& /*info*/) {
        m_object[name] = value(member);
    }
    /// As text: JSON has no NaN.
    void exact(const char* name, double member) { m_object[name] = exactText(member); }
    void values(const char* name, const std::vector<double>& member) {
        m_object[name] = member.size();
        m_beside->push_back(&member);
    }
    template <class T>
    void group(const char* name, const T& member, const char* /*help*/) {
        m_object[name] = specToJson(member, m_beside);
    }
    template <class T>
    void list(const char* name, const std::vector<T>& member, const char* /*help*/) {
        Json& array = m_object[name] = Json::array();
        for (const T& element : member) array.push_back(specToJson(element, m_beside));
    }
    [[nodiscard]] Json take() { return std::move(m_object); }

    template <class T>
    static Json value(const T& member) {
        if constexpr (NamedEnum<T>)
            return enumName(member);
        else
            return member;
    }
    static Json value(LayerIndex member) { return member.value(); }
    static Json value(const AutoNumber& member) {
        return member.word() != nullptr ? Json(member.word()) : Json(member.valueOr(0));
    }
    template <class T>
    static Json value(const std::map<std::string, T>& member) {
        Json object = Json::object();
        auto& members = object.get_ref<Json::object_t&>();
        for (const auto& [key, number] : member) members.emplace_back(key, number);
        return object;
    }

private:
    ListsBeside* m_beside;
    Json m_object = Json::object();
};

template <class Spec>
Json specToJson(const Spec& spec, ListsBeside* beside) {
    JsonWriter writer(beside);
    Spec::visitFields(spec, writer);
    return writer.take();
}

}  // namespace skd
