#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/json.h"

namespace skd {

/// Any spec as a JSON object, all fields in their order. Equal specs give equal text.
template <class Spec>
Json specToJson(const Spec& spec);

/// Field visitor that writes a spec.
class JsonWriter {
public:
    template <class T>
    void field(const char* name, const T& member, const FieldInfo& /*info*/) {
        m_object[name] = value(member);
    }
    template <class T>
    void group(const char* name, const T& member, const char* /*help*/) {
        m_object[name] = specToJson(member);
    }
    template <class T>
    void list(const char* name, const std::vector<T>& member, const char* /*help*/) {
        Json& array = m_object[name] = Json::array();
        for (const T& element : member) array.push_back(specToJson(element));
    }
    [[nodiscard]] Json take() { return std::move(m_object); }

    template <class T>
    static Json value(const T& member) {
        if constexpr (NamedEnum<T>)
            return enumName(member);
        else
            return member;
    }
    static Json value(const std::map<std::string, std::int64_t>& member) {
        Json object = Json::object();
        auto& members = object.get_ref<Json::object_t&>();
        for (const auto& [key, number] : member) members.emplace_back(key, number);
        return object;
    }

private:
    Json m_object = Json::object();
};

template <class Spec>
Json specToJson(const Spec& spec) {
    JsonWriter writer;
    Spec::visitFields(spec, writer);
    return writer.take();
}

}  // namespace skd
