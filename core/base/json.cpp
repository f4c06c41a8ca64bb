#include "base/json.h"

#include <cstddef>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/text.h"

namespace skd {
namespace {

/// Builds the value while it watches the parse: bounds nesting and refuses duplicate keys. Members
/// are appended without looking them up, so that an object of n keys costs n steps, not n^2 (a
/// vocabulary has 150,000).
class Builder final : public nlohmann::json_sax<Json> {
public:
    explicit Builder(const JsonLimits& limits) : m_limits(limits) {}

    bool null() override { return put(nullptr); }
    bool boolean(bool value) override { return put(value); }
    bool number_integer(number_integer_t value) override { return put(value); }
    bool number_unsigned(number_unsigned_t value) override { return put(value); }
    bool number_float(number_float_t value, const string_t&) override { return put(value); }
    bool string(string_t& value) override { return put(std::move(value)); }
    bool binary(binary_t&) override { return false; }

    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& value) override {
        Level& level = m_levels.back();
        if (!level.keys.insert(value).second && !m_limits.allowDuplicateKeys)
            return stop(strCat("the key \"", value, "\" appears twice in one object"));
        level.key = std::move(value);
        return true;
    }

    bool parse_error(std::size_t, const std::string&,
                     const nlohmann::detail::exception& error) override {
        std::string what = error.what();
        if (const auto bracket = what.find("] "); bracket != std::string::npos)
            what.erase(0, bracket + 2);
        m_problem = "not valid JSON: " + what;
        return false;
    }

    [[nodiscard]] const std::string& problem() const { return m_problem; }
    [[nodiscard]] Json take() { return std::move(m_root); }

private:
    struct Level {
        Json value;
        std::string key;
        std::unordered_set<std::string> keys;
    };

    bool stop(const std::string& problem) {
        m_problem = "not usable JSON: " + problem;
        return false;
    }

    bool open(Json container) {
        if (static_cast<int>(m_levels.size()) >= m_limits.depth)
            return stop(strCat("nested deeper than ", m_limits.depth, " levels"));
        m_levels.push_back({std::move(container), {}, {}});
        return true;
    }

    bool close() {
        Json done = std::move(m_levels.back().value);
        m_levels.pop_back();
        return put(std::move(done));
    }

    bool put(Json value) {
        if (m_levels.empty()) {
            m_root = std::move(value);
            return true;
        }
        Level& level = m_levels.back();
        if (level.value.is_array()) {
            level.value.get_ref<Json::array_t&>().push_back(std::move(value));
            return true;
        }
        auto& members = level.value.get_ref<Json::object_t&>();
        if (members.size() < level.keys.size())
            members.emplace_back(std::move(level.key), std::move(value));
        else
            members[level.key] = std::move(value);  // a permitted duplicate: the last one counts
        return true;
    }

    JsonLimits m_limits;
    std::vector<Level> m_levels;
    Json m_root;
    std::string m_problem;
};

}  // namespace

Result<Json> parseJson(std::string_view text, const JsonLimits& limits) {
    Builder builder(limits);
    if (!Json::sax_parse(text.begin(), text.end(), &builder))
        return fail(ErrorCode::Corrupt, builder.problem());
    return builder.take();
}

Result<Json> readJsonFile(const std::filesystem::path& path, std::uint64_t limit) {
    SKD_TRY(const std::string text, readFile(path, limit));
    return located(parseJson(text), path.string());
}

const Json& memberOf(const Json& json, std::string_view key) {
    static const Json kNull;
    if (!json.is_object()) return kNull;
    const auto found = json.find(key);
    return found == json.end() ? kNull : *found;
}

std::string dumpJson(const Json& value, int indent) {
    return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace skd
