#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "base/json.h"

namespace skd {

/// The fields of a document's row; each error (Corrupt) names the field, what was expected and, of
/// a missing one, what the row has.
class TaskRow {
public:
    explicit TaskRow(const Json& row) : m_row(row) {}

    [[nodiscard]] bool has(const char* field) const { return m_row.contains(field); }
    Result<std::string> text(const char* field) const;
    Result<std::vector<std::string>> texts(const char* field) const;
    /// A whole number, a word that spells one, or false and true as 0 and 1.
    Result<std::int64_t> number(const char* field) const;
    Result<const Json*> object(const char* field) const;
    /// The place of the word in `names`.
    Result<std::int64_t> place(const char* field, const std::vector<std::string>& names) const;

private:
    [[nodiscard]] Result<const Json*> find(const char* field) const;

    const Json& m_row;
};

}  // namespace skd
