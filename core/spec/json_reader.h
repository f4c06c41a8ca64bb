#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/fields.h"
#include "base/json.h"
#include "base/units.h"

namespace skd {

/// Reads one field; the errors name `path`, what was expected and what was there.
Status readValue(const Json& json, const FieldInfo& info, const std::string& path,
                 std::string& out);
Status readValue(const Json& json, const FieldInfo& info, const std::string& path,
                 std::int64_t& out);
Status readValue(const Json& json, const FieldInfo& info, const std::string& path, double& out);
Status readValue(const Json& json, const FieldInfo& info, const std::string& path, bool& out);
Status readValue(const Json& json, const FieldInfo& info, const std::string& path, AutoNumber& out);
Status readValue(const Json& json, const FieldInfo& info, const std::string& path,
                 std::vector<std::string>& out);
/// The range of `info` is that of each number.
Status readValue(const Json& json, const FieldInfo& info, const std::string& path,
                 std::vector<std::int64_t>& out);
Status readValue(const Json& json, const FieldInfo& info, const std::string& path,
                 std::vector<double>& out);
Status readValue(const Json& json, const FieldInfo& info, const std::string& path,
                 std::map<std::string, std::int64_t>& out);
Status readValue(const Json& json, const FieldInfo& info, const std::string& path,
                 std::map<std::string, double>& out);
Status readValue(const Json& json, const FieldInfo& info, const std::string& path, LayerIndex& out);
/// A number that was written as text; Corrupt where it is none.
Status readExact(const Json& json, const std::string& path, double& out);
/// The text of a choice, checked against `names`.
Result<std::string> readChoice(const Json& json, const std::string& path,
                               const std::vector<std::string>& names);

template <NamedEnum E>
Status readValue(const Json& json, const FieldInfo&, const std::string& path, E& out) {
    SKD_TRY(const std::string name, readChoice(json, path, enumNames<E>()));
    parseEnum(name, out);
    return {};
}

/// `"prune.target" must be a number, not text ("abc")`.
Error typeError(const std::string& path, const std::string& expected, const Json& json);

/// A list of numbers that is stored beside a document, which tells its length.
struct ListBeside {
    std::vector<double>* values;
    std::int64_t count = 0;
};

/// `beside` gets the lists that are to be filled from beside the document, in its order.
template <class Spec>
Status readSpec(const Json& json, const std::string& path, Spec& spec,
                std::vector<ListBeside>* beside = nullptr);

/// Field visitor that fills a spec from a JSON object. Strict: what it does not know is an error.
/// Fields that are absent keep their value.
class JsonReader {
public:
    /// `object` must be an object and outlive the reader; `path` is its place in the whole spec.
    JsonReader(const Json& object, std::string path, std::vector<ListBeside>* beside)
        : m_object(object), m_path(std::move(path)), m_beside(beside) {}

    template <class T>
    void field(const char* name, T& member, const FieldInfo& info) {
        if (const Json* json = take(name)) keep(readValue(*json, info, pathOf(name), member));
    }
    void exact(const char* name, double& member) {
        if (const Json* json = take(name)) keep(readExact(*json, pathOf(name), member));
    }
    void values(const char* name, std::vector<double>& member) {
        m_beside->push_back({&member});
        field(name, m_beside->back().count, FieldInfo{"", "", 0, 9e15});
    }
    template <class T>
    void group(const char* name, T& member, const char* /*help*/) {
        if (const Json* json = take(name)) keep(readSpec(*json, pathOf(name), member, m_beside));
    }

    template <class T>
    void list(const char* name, std::vector<T>& member, const char* /*help*/) {
        const Json* json = take(name);
        if (json == nullptr) return;
        if (!json->is_array()) return keep(fail(typeError(pathOf(name), "a list", *json)));
        std::vector<T> read(json->size());
        for (std::size_t i = 0; i < read.size(); ++i)
            keep(readSpec((*json)[i], pathOf(name) + "." + std::to_string(i), read[i], m_beside));
        member = std::move(read);
    }

    /// The first error, or one for a field that no visit has named.
    [[nodiscard]] Status finish();

private:
    const Json* take(const char* name);
    void keep(Status status);
    [[nodiscard]] std::string pathOf(const std::string& name) const;
    const Json& m_object;
    std::string m_path;
    std::vector<ListBeside>* m_beside;
    std::vector<std::string> m_names;
    Status m_status;
};

template <class Spec>
Status readSpec(const Json& json, const std::string& path, Spec& spec,
                std::vector<ListBeside>* beside) {
    if (!json.is_object()) return fail(typeError(path, "an object", json));
    JsonReader reader(json, path, beside);
    Spec::visitFields(spec, reader);
    return reader.finish();
}

}  // namespace skd
