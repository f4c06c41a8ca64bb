#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "spec/corpus_spec.h"

namespace skd {

/// A line of a JSON-lines file as an object. What Python's json module writes beyond JSON is read:
/// NaN and infinities (as null), halves of surrogate pairs (as U+FFFD).
Result<Json> parseRow(std::string_view line);

/// The text of a line's document: the share's fields, joined by newlines. Corrupt for a field that
/// is missing (with the nearest name) or not text.
Result<std::string> rowText(std::string_view line, const CorpusShare& share);

/// The keys of a row, for messages.
std::string keyList(const Json& row);

/// Rows of a file that cannot be read: a few are left out and counted, more than kMost in a hundred
/// mean that the file is not what the share says.
class RefusedRows {
public:
    static constexpr std::int64_t kMost = 5;  ///< percent

    void read() { ++m_rows; }
    /// Counts the row last read. An error, that of the first such row, where hundreds fail.
    Status refuse(const Error& error, const std::string& where);
    /// The first row's error where too many of the file's rows cannot be read.
    [[nodiscard]] Status finish() const;

    [[nodiscard]] std::int64_t count() const { return m_refused; }
    /// The first ten: "c4.jsonl:17".
    [[nodiscard]] const std::vector<std::string>& names() const { return m_names; }

private:
    [[nodiscard]] tl::unexpected<Error> tooMany() const;

    std::int64_t m_rows = 0, m_refused = 0;
    std::vector<std::string> m_names;
    Error m_first;
};

}  // namespace skd
