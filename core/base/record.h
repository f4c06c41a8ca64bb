#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/fields.h"
#include "base/json.h"

/// Results that are kept as JSON and that later versions read again. A record has a field list
/// (visitFields, base/fields.h; `known` instead of `field` for what is written only where it is
/// known), an equality, and a member `Json document`: what it was read from. Reading never fails: a
/// key that is absent or of another type leaves its member as it is. Writing starts from the
/// document, so that unknown keys, the order of keys and the form of numbers stay; a new record
/// writes all its fields.
namespace skd {

/// Values by name, in their order: an object in JSON, null where there are none.
template <class T>
using NamedValues = std::vector<std::pair<std::string, T>>;

template <class T>
concept Record = requires(T record) {
    record.document;
};

template <Record T>
T readRecord(const Json& json);
template <Record T>
Json writeRecord(const T& record);

/// The number, NaN where there is none.
inline double valueOrNan(const std::optional<double>& value) {
    return value.value_or(std::nan(""));
}

inline std::optional<double> finiteOrNone(double value) {
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
}
inline Json finiteOrNull(double value) {
    return std::isfinite(value) ? Json(value) : Json();
}

/// The number; "inf" or "-inf" where it is infinite, for JSON has no such numbers; null where it is
/// none (NaN): not measured.
inline Json numberJson(double value) {
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    return finiteOrNull(value);
}

/// Whether `json` had a value of the member's type; the member is left alone where it had not.
inline bool readMember(const Json& json, std::string& out) {
    return json.is_string() && (out = json.get<std::string>(), true);
}
inline bool readMember(const Json& json, bool& out) {
    return json.is_boolean() && (out = json.get<bool>(), true);
}
inline bool readMember(const Json& json, std::int64_t& out) {
    if (json.is_number_float()) {
        const auto value = json.get<double>();
        if (!(std::fabs(value) < 9e15) || value != std::floor(value)) return false;
    }
    return json.is_number() && (out = json.get<std::int64_t>(), true);
}
/// Early versions kept an evaluation's whole report where later ones keep its perplexity.
inline bool readMember(const Json& json, double& out) {
    if (json.is_object())
        for (const char* name : {"ppl", "word_perplexity"})
            if (const auto found = json.find(name); found != json.end() && found->is_primitive())
                if (readMember(*found, out)) return true;
    if (json == "inf" || json == "-inf") {
        out = json == "inf" ? HUGE_VAL : -HUGE_VAL;
        return true;
    }
    return json.is_number() && (out = json.get<double>(), true);
}
inline bool readMember(const Json& json, Json& out) {
    out = json;
    return true;
}
/// Of numbers alone.
inline bool readMember(const Json& json, std::vector<double>& out) {
    if (!json.is_array()) return false;
    std::vector<double> values(json.size());
    for (std::size_t i = 0; i < json.size(); ++i)
        if (!json[i].is_number() || !readMember(json[i], values[i])) return false;
    out = std::move(values);
    return true;
}
template <Record T>
bool readMember(const Json& json, T& out) {
    return json.is_object() && (out = readRecord<T>(json), true);
}
template <Record T>
bool readMember(const Json& json, std::vector<T>& out) {
    if (!json.is_array()) return false;
    for (const Json& element : json) out.push_back(readRecord<T>(element));
    return true;
}
template <class T>
bool readMember(const Json& json, std::optional<T>& out) {
    T value{};
    return readMember(json, value) && (out = std::move(value), true);
}
template <class T>
bool readMember(const Json& json, NamedValues<T>& out) {
    if (!json.is_object()) return false;
    for (const auto& [name, value] : json.items())
        readMember(value, out.emplace_back(name, T{}).second);
    return true;
}

template <class T>
Json memberJson(const T& member) {
    if constexpr (Record<T>)
        return writeRecord(member);
    else if constexpr (std::is_same_v<T, double>)
        return numberJson(member);
    else
        return member;
}
template <class T>
Json memberJson(const std::optional<T>& member) {
    return member ? memberJson(*member) : Json();
}
template <Record T>
Json memberJson(const std::vector<T>& member) {
    Json array = Json::array();
    for (const T& element : member) array.push_back(writeRecord(element));
    return array;
}
template <class T>
Json memberJson(const NamedValues<T>& member) {
    Json object;
    for (const auto& [name, value] : member) object[name] = memberJson(value);
    return object;
}

/// Field visitor that fills a record from its document.
class RecordReader {
public:
    explicit RecordReader(const Json& document) : m_document(document) {}
    template <class T>
    void field(const char* name, T& member, const FieldInfo& /*info*/) {
        if (const auto found = m_document.find(name); found != m_document.end())
            readMember(*found, member);
    }
    template <class T>
    void known(const char* name, T& member, const FieldInfo& info) {
        field(name, member, info);
    }

private:
    const Json& m_document;
};

/// Field visitor that brings a record's document up to date.
class RecordWriter {
public:
    explicit RecordWriter(const Json& document) : m_new(document.is_null()), m_document(document) {}
    template <class T>
    void field(const char* name, const T& member, const FieldInfo& /*info*/) {
        T before{};
        if (const auto found = m_document.find(name); found != m_document.end())
            readMember(*found, before);
        if (m_new || !(before == member)) m_document[name] = memberJson(member);
    }
    template <class T>
    void known(const char* name, const T& member, const FieldInfo& info) {
        if (!m_new || !(member == T{})) field(name, member, info);
    }
    [[nodiscard]] Json take() { return std::move(m_document); }

private:
    bool m_new;
    Json m_document;
};

template <Record T>
T readRecord(const Json& json) {
    T record;
    record.document = json;
    if (!json.is_object()) return record;
    RecordReader reader(record.document);
    T::visitFields(record, reader);
    return record;
}

template <Record T>
Json writeRecord(const T& record) {
    if (!record.document.is_object() && !record.document.is_null()) return record.document;
    RecordWriter writer(record.document);
    T::visitFields(record, writer);
    return writer.take();
}

}  // namespace skd
