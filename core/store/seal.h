#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/fields.h"
#include "base/result.h"
#include "base/units.h"
#include "store/database.h"

/// For the .cpp files of store and exchange only, like store/database.h.
///
/// What a workspace holds proves itself: table `seals` keeps, of every part that is not being
/// written right now, the XXH3-128 of what the statements that read it return. Whatever a flipped
/// bit changes of that (rows, the way to them through an index, their number), is noticed.
namespace skd {

/// What has a digest of its own, with the id of a run, study, measurement or view.
enum class SealedPart {
    Run,      ///< its row in the run list, spec, environment, summary, analysis, annotations
    Events,   ///< events and ranks
    Metrics,  ///< every value, by all ways on which they are read
    Files,    ///< in an archive of runs: names and hashes of the files that came along
    Study,
    Measurement,
    View
};
template <>
inline constexpr auto kNames<SealedPart> = names<SealedPart>({"run", "events", "metrics", "files",
                                                              "study", "measurement", "view"});

inline constexpr std::array kRunParts{SealedPart::Run, SealedPart::Events, SealedPart::Metrics};

/// XXH3-128, as version and digits, of what the part's statements return: every value with its
/// type, every row.
std::string digestOf(SQLite::Database& database, SealedPart part, std::int64_t id);

/// Keeps the digest of what is there now.
void seal(SQLite::Database& database, SealedPart part, std::int64_t id);
/// For what is about to change, or is gone.
void unseal(SQLite::Database& database, SealedPart part, std::int64_t id);
void unsealRun(SQLite::Database& database, RunId run);
/// Seals whatever has no seal: of a file from before there were any, of runs that were cut off or
/// grew after their end. Runs that are running stay without.
void sealMissing(SQLite::Database& database);
/// The digest that is on record; none in a file of a schema before there were any.
std::optional<std::string> sealOf(SQLite::Database& database, SealedPart part, std::int64_t id);
/// All of them of a part, by id.
std::map<std::int64_t, std::string> sealsOf(SQLite::Database& database, SealedPart part);

/// Keeps a run's seal true over a change of its row or annotations: made before the change, in its
/// transaction, and finished after it. A run that does not fit its seal stays so.
class RunSeal {
public:
    RunSeal(SQLite::Database& database, RunId run);
    void finish();

private:
    SQLite::Database& m_database;
    RunId m_run;
    bool m_isSound;
};

/// Compares what is read with its seal, each once: what was found true stays so for this reader.
class SealCheck {
public:
    explicit SealCheck(std::filesystem::path file) : m_file(std::move(file)) {}

    /// Corrupt, with what to do, where the part is not what its seal says; fine without a seal.
    Status operator()(SQLite::Database& database, SealedPart part, std::int64_t id);
    /// The same where the seal is at hand.
    Status compare(SQLite::Database& database, SealedPart part, std::int64_t id,
                   const std::string& kept);
    /// Every part of a run.
    Status run(SQLite::Database& database, RunId run);

private:
    std::filesystem::path m_file;
    std::map<std::pair<SealedPart, std::int64_t>, std::string> m_true;
};

}  // namespace skd
