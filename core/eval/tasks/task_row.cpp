#include "eval/tasks/task_row.h"

#include <algorithm>

#include "base/text.h"
#include "corpus/json_rows.h"
#include "eval/tasks/task_text.h"

namespace skd {
namespace {

tl::unexpected<Error> wrongType(const char* field, const char* expected) {
    return fail(ErrorCode::Corrupt, strCat("the field \"", field, "\" is not ", expected));
}

}  // namespace

Result<const Json*> TaskRow::find(const char* field) const {
    if (!m_row.is_object()) return fail(ErrorCode::Corrupt, "not a JSON object");
    const auto found = m_row.find(field);
    if (found != m_row.end()) return &*found;
    return fail(ErrorCode::Corrupt,
                strCat("the field \"", field, "\" is missing; there are: ", keyList(m_row)));
}

Result<std::string> TaskRow::text(const char* field) const {
    SKD_TRY(const Json* value, find(field));
    if (auto text = valueAs<std::string>(*value)) return std::move(*text);
    return wrongType(field, "text");
}

Result<std::vector<std::string>> TaskRow::texts(const char* field) const {
    SKD_TRY(const Json* value, find(field));
    if (auto texts = valuesAs<std::string>(*value)) return std::move(*texts);
    return wrongType(field, "a list of texts");
}

Result<std::int64_t> TaskRow::number(const char* field) const {
    SKD_TRY(const Json* value, find(field));
    if (const auto flag = valueAs<bool>(*value)) return *flag ? 1 : 0;
    if (const auto number = valueAs<std::int64_t>(*value)) return *number;
    if (const auto word = valueAs<std::string>(*value))
        if (const auto number = parseNumber<std::int64_t>(*word)) return *number;
    return wrongType(field, "a whole number");
}

Result<const Json*> TaskRow::object(const char* field) const {
    SKD_TRY(const Json* value, find(field));
    if (value->is_object()) return value;
    return wrongType(field, "an object");
}

Result<std::int64_t> TaskRow::place(const char* field,
                                    const std::vector<std::string>& names) const {
    SKD_TRY(const std::string given, text(field));
    const auto found = std::ranges::find(names, withoutOuterSpace(given));
    if (found != names.end()) return found - names.begin();
    return fail(ErrorCode::Corrupt, strCat("the field \"", field, "\" is \"", given,
                                           "\", but the choices are ", joined(names)));
}

}  // namespace skd
