#pragma once

#include <map>
#include <optional>
#include <vector>

#include "store/database.h"

/// For the .cpp files of exchange only.
namespace skd {

/// Copies runs with everything that belongs to them from one open database to another, both of the
/// newest schema; analyses, studies and names of metrics are matched by what they are. Throws
/// SQLite::Exception.
class RunCopier {
public:
    RunCopier(SQLite::Database& from, SQLite::Database& to) : m_from(from), m_to(to) {}

    /// Returns the copy's number: `id`, or the next free one.
    std::int64_t copy(std::int64_t run, std::optional<std::int64_t> id);
    /// A run that is there already as `copy`, so that copies find their parent.
    void know(std::int64_t run, std::int64_t copy) { m_numbers[run] = copy; }
    /// Points parents to the copies; a run whose parent was not copied has none any more.
    void linkParents();

private:
    std::optional<std::int64_t> analysis(std::int64_t run);
    std::optional<std::int64_t> study(std::int64_t run);
    /// Rows of `table`, with the copy's number in front of `columns`.
    void copyRows(const char* table, const char* columns, const char* order, std::int64_t run,
                  std::int64_t copy);
    void copyMetrics(std::int64_t run, std::int64_t copy);

    SQLite::Database& m_from;
    SQLite::Database& m_to;
    std::map<std::int64_t, std::int64_t> m_numbers;  ///< of the runs here, by that in `from`
    std::vector<std::int64_t> m_copies;
};

}  // namespace skd
