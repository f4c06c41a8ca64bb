#pragma once

#include <map>

#include "base/json.h"
#include "spec/run_spec.h"

namespace skd {

/// Columns of a study's main table, after the tables of the SparseKD paper.
enum class TableLayout {
    Recovery,
    Protocols,
    TeacherSwap,
    Baseline,
    Comparators,
    Pruners,
    Inference,
    Kernels,
    SpeedUps,
    Consistency
};
template <>
inline constexpr auto kNames<TableLayout> =
    names<TableLayout>({"recovery", "protocols", "teacher-swap", "baseline", "comparators",
                        "pruners", "inference", "kernels", "speed-ups", "consistency"});

/// Figures that a table of the paper prints for one of its rows; names that it lacks are absent.
struct PaperFigures : std::map<std::string, double> {
    using map::map;
};

/// One way to run the study's model: fields changed on top of the study's base. "variant:NAME" as
/// teacher.path or model.path stands for what that variant's run of the same seed ended with;
/// "variant:NAME@40" for its step 40, "variant:NAME@42%" for a slice of an elastic one.
struct StudyVariant {
    std::string name;
    Json overrides = Json::object();
    PaperFigures paper;
    bool oneSeed = false;
    bool grid = true;

    bool operator==(const StudyVariant&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("name", self.name, {"how the variant is called in the report"});
        visitor.field("overrides", self.overrides,
                      {"run fields that differ from base, by dotted path"});
        visitor.field("paper", self.paper, {"the paper's figures of this variant"});
        visitor.field("one_seed", self.oneSeed, {"run with the first seed alone"});
        visitor.field("grid", self.grid,
                      {"run at every point of the grid; false: once, as it stands"});
    }
};

/// One row of the study's main table: a variant's result, one of its rounds, or the dense model.
struct StudyTableRow {
    std::string label, variant;
    std::int64_t round = 0;
    std::string protocol;
    bool dense = false;
    std::int64_t seed = 0;
    PaperFigures paper;
    std::string note;
    std::int64_t batch = 0;

    bool operator==(const StudyTableRow&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("label", self.label, {"first cell; empty means the variant's name"});
        visitor.field("variant", self.variant,
                      {"whose runs the row shows; empty with dense means every run, else none"});
        visitor.field("round", self.round,
                      {"round of its schedule; 0 is the end of the run", "", 0, 1000});
        visitor.field("protocol", self.protocol,
                      {"which of the protocols measured; empty is eval.protocol"});
        visitor.field("seed", self.seed,
                      {"the run of this seed alone; 0 means all", "", 0, 9.0e15});
        visitor.field("batch", self.batch,
                      {"sequences at once of the row's times (inference, speed-ups)", "sequences",
                       0, 65536, true});
        visitor.field("dense", self.dense, {"the dense model's figures instead of the final ones"});
        visitor.field("paper", self.paper, {"the paper's figures of this row"});
        visitor.field("note", self.note, {"remark below the table"});
    }
};

/// The table a study fills in; without rows it has one row a variant.
struct StudyTable {
    TableLayout layout = TableLayout::Recovery;
    std::string caption;
    std::vector<std::string> models;
    std::string source, pivot;
    std::vector<StudyTableRow> rows;
    std::vector<std::string> notes;

    bool operator==(const StudyTable&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("layout", self.layout, {"which columns the table has"});
        visitor.field("caption", self.caption, {"title of the table"});
        visitor.field("models", self.models,
                      {"names of the model that the paper's figures belong to; empty: "
                       "there are no such figures"});
        visitor.field("source", self.source, {"where the paper's figures stand"});
        visitor.field("pivot", self.pivot, {"run field whose values become columns (pruners)"});
        visitor.list("rows", self.rows, "rows in their order");
        visitor.field("notes", self.notes,
                      {.help = "remarks below the table, such as slips of the paper's figures",
                       .isLater = true});
    }
};

/// Runs that belong together: variants of one base over seeds and a grid of fields, and the table
/// they fill in.
struct StudySpec {
    std::string name, title, about;
    double scale = 1;
    Json base = Json::object();
    std::vector<std::int64_t> seeds{42, 123, 456};
    std::vector<StudyVariant> variants;
    std::map<std::string, Json> grid;
    StudyTable table;

    bool operator==(const StudySpec&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("name", self.name, {"how the study is called"});
        visitor.field("title", self.title, {"heading of its report"});
        visitor.field("about", self.about, {"what the study asks, in a sentence"});
        visitor.field("scale", self.scale,
                      {"share of the corpus that is used; steps, batch, sequence length, "
                       "evaluation text and calibration shrink with it",
                       "", 1e-6, 1});
        visitor.field("base", self.base, {"run fields of every variant, by dotted path"});
        visitor.field("seeds", self.seeds, {"each variant runs once with each", "", 0, 9.0e15});
        visitor.list("variants", self.variants, "what is compared");
        visitor.field("grid", self.grid,
                      {"values by dotted path; every variant runs at every combination"});
        visitor.group("table", self.table, "the table that the report fills in");
    }
};

// Field types of a study that no run spec has; found by the field visitors.
Status readValue(const Json& json, const FieldInfo& info, const std::string& path, Json& out);
Status readValue(const Json& json, const FieldInfo& info, const std::string& path,
                 PaperFigures& out);
Status readValue(const Json& json, const FieldInfo& info, const std::string& path,
                 std::map<std::string, Json>& out);

/// Strict like parseRunSpec; also checks that names are unique, that table rows name variants, and
/// that every base, override and grid field is one of a run.
Result<StudySpec> parseStudySpec(const Json& json);
Result<StudySpec> readStudySpec(const std::string& path);
Json toJson(const StudySpec& spec);
/// Hash of what the study computes: seeds are skipped, so that some can be added later, and so are
/// later fields that have the value of versions without them (spec/spec_identity.h).
std::string studyHash(const StudySpec& spec);

/// The leaves of the field list, for help; variants and table rows list the fields of one element.
std::vector<FieldDescription> describeStudySpec();

/// Sets one field of a run spec's JSON by its dotted path; unknown paths name the nearest.
Status setRunField(Json& runSpec, const std::string& path, const Json& value);
/// The value at a dotted path of any JSON object, or null.
Json valueAt(const Json& object, std::string_view path);

}  // namespace skd
