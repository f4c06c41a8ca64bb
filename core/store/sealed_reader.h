#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/json.h"
#include "store/seal.h"

/// For the .cpp files of store only, like store/database.h.
namespace skd {

/// A connection that reads, and compares what it reads with its seals.
struct SealedReader {
    explicit SealedReader(std::filesystem::path workspace)
        : file(std::move(workspace)), isSealed(file) {}

    std::filesystem::path file;
    SealCheck isSealed;
    std::unique_ptr<SQLite::Database> database;

    /// All that `body` reads is of one moment: what is read fits its seal then.
    template <class Body>
    auto read(const Body& body) -> decltype(body(*database)) {
        return catchingSqlite("cannot read", file, [&]() -> decltype(body(*database)) {
            const SQLite::Transaction snapshot(*database);
            return body(*database);
        });
    }

    /// The same once a part has proved itself.
    template <class Body>
    auto readSealed(SealedPart part, std::int64_t id, const Body& body)
        -> decltype(body(*database)) {
        return read([&](SQLite::Database& db) -> decltype(body(*database)) {
            SKD_CHECK(isSealed(db, part, id));
            return body(db);
        });
    }

    /// Every row of a query with these parameters; `take(statement, row)` fills one and may
    /// return a Status. None in a file of a schema before `since`.
    template <class Row, class Take, class... Values>
    static Result<std::vector<Row>> collect(SQLite::Database& db, int since, const std::string& sql,
                                            const Take& take, const Values&... values) {
        std::vector<Row> out;
        if (schemaVersion(db) < since) return out;
        SQLite::Statement statement = query(db, sql, values...);
        while (statement.executeStep())
            if constexpr (std::is_void_v<decltype(take(statement, out.back()))>)
                take(statement, out.emplace_back());
            else
                SKD_CHECK(take(statement, out.emplace_back()));
        return out;
    }

    /// The rows of one part of a run, whose id is the query's parameter.
    template <class Row, class Take>
    Result<std::vector<Row>> rowsOfRun(SealedPart part, int since, const char* sql, RunId run,
                                       const Take& take) {
        return readSealed(part, run.value(), [&](SQLite::Database& db) {
            return collect<Row>(db, since, sql, take, run);
        });
    }

    /// Rows of a table each of which is a part; one that is lost is an error too.
    template <class Row, class Take, class... Values>
    Result<std::vector<Row>> parts(SealedPart part, int since, const std::string& sql,
                                   const Take& take, const Values&... values) {
        return read([&](SQLite::Database& db) -> Result<std::vector<Row>> {
            for (const auto& [id, kept] : sealsOf(db, part))
                SKD_CHECK(isSealed.compare(db, part, id, kept));
            return collect<Row>(db, since, sql, take, values...);
        });
    }

    /// JSON of a row of `what`; the error names both.
    Result<Json> document(const SQLite::Column& column, const char* what, std::int64_t id) const {
        return located(parseJson(column.getString()),
                       strCat(file.string(), ", ", what, " ", id, ", ", column.getName()));
    }
};

}  // namespace skd
