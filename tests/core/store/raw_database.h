#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace skd::test {

/// SQLite's own C interface, to look at a workspace from outside the program. Throws on any error.
class RawDatabase {
public:
    explicit RawDatabase(const std::filesystem::path& file) {
        if (sqlite3_open(file.c_str(), &m_handle) != SQLITE_OK)
            throw std::runtime_error(sqlite3_errmsg(m_handle));
    }
    ~RawDatabase() { sqlite3_close(m_handle); }
    RawDatabase(const RawDatabase&) = delete;
    RawDatabase& operator=(const RawDatabase&) = delete;

    /// Runs statements; returns all values of all rows, joined by commas.
    std::string operator()(const std::string& sql) {
        std::string joined;
        char* error = nullptr;
        const auto collect = [](void* out, int count, char** values, char**) {
            auto& text = *static_cast<std::string*>(out);
            for (int i = 0; i < count; ++i)
                text += (text.empty() ? "" : ",") +
                        std::string(values[i] != nullptr ? values[i] : "NULL");
            return 0;
        };
        if (sqlite3_exec(m_handle, sql.c_str(), collect, &joined, &error) == SQLITE_OK)
            return joined;
        const std::string message = error != nullptr ? error : "unknown error";
        sqlite3_free(error);
        throw std::runtime_error(message + " in " + sql);
    }

private:
    sqlite3* m_handle = nullptr;
};

}  // namespace skd::test
