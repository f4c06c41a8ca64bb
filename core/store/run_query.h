#pragma once

#include <SQLiteCpp/Statement.h>

#include <string>

#include "store/records.h"

namespace skd {

/// Schema that brought studies and lineage.
inline constexpr int kStudySchema = 2;
/// Schema that brought what users add: tags, colours, annotations, measurements, views.
inline constexpr int kNoteSchema = 3;

/// SELECT of what readRunRow reads, then of the `details` that follow, with `condition` at its end.
/// A file of an older schema has no studies, or no tags and colours.
std::string selectRuns(int schema, const char* details, const char* condition);

/// Column of the first of selectRuns' `details`.
inline constexpr int kFirstDetailColumn = 26;

/// The row that a statement of selectRuns stands on.
RunRow readRunRow(SQLite::Statement& statement);

}  // namespace skd
