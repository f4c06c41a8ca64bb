#include <iostream>

#include "base/table.h"
#include "cli/commands.h"
#include "store/run_store.h"
#include "store/run_writer.h"

namespace skd::cli {
namespace {

struct KeptArguments {
    std::string workspace = defaultWorkspace();
    std::int64_t id = 0;
};

Result<Json> applyKept(const KeptArguments& a, const WorkspaceEdit& edit) {
    SKD_TRY(const auto writer, RunWriter::open(a.workspace));
    SKD_CHECK(writer->apply(edit));
    return Json{{"done", true}};
}

Result<Json> measurementList(const KeptArguments& a) {
    SKD_TRY(const auto store, RunStore::open(a.workspace));
    Json list = Json::array();
    for (const char* kind : {"benchmark", "profile"}) {
        SKD_TRY(const std::vector<MeasurementRow> rows, store->measurements(kind, false));
        for (const MeasurementRow& row : rows)
            list.push_back(
                {{"measurement", row.id.value()}, {"kind", row.kind}, {"title", row.title}});
    }
    return Json{{"measurements", std::move(list)}};
}

Result<Json> oneMeasurement(const KeptArguments& a) {
    SKD_TRY(const auto store, RunStore::open(a.workspace));
    SKD_TRY(const MeasurementRow row, store->measurement(MeasurementId(a.id)));
    return Json{{"measurement", row.id.value()},
                {"kind", row.kind},
                {"title", row.title},
                {"result", row.document}};
}

/// Rows of `list`: the number, then the named columns.
void printKept(const Json& json, const char* list, const std::vector<const char*>& columns) {
    for (const Json& row : memberOf(json, list)) {
        for (const char* column : columns) {
            const Json& value = memberOf(row, column);
            std::cout << (column == columns.front() ? "" : "\t")
                      << escapeLine(value.is_string() ? valueOr(value, "") : dumpJson(value));
        }
        std::cout << "\n";
    }
    if (memberOf(json, list).empty()) std::cout << "no " << list << " are kept\n";
}

CLI::App* addKept(CLI::App* group, const char* name, const char* help, KeptArguments& a) {
    CLI::App* command = group->add_subcommand(name, help);
    addWorkspace(command, a.workspace);
    return command;
}
CLI::App* addKeptOf(CLI::App* group, const char* name, const char* help, KeptArguments& a) {
    CLI::App* command = addKept(group, name, help, a);
    addChecked(command, "NUMBER", a.id, "its number, as list prints it", atLeast(1))->required();
    return command;
}

}  // namespace

void addMeasurements(CLI::App& app, CommandTable& table) {
    auto a = std::make_shared<KeptArguments>();
    CLI::App* group = app.add_subcommand(
        "measurements", "benchmarks and profiles that were kept: list, show, remove");
    group->require_subcommand(1);
    table.add(addKept(group, "list", "newest first", *a), [=](bool json) {
        return answer(measurementList(*a), json, [](const Json& value) {
            printKept(value, "measurements", {"measurement", "kind", "title"});
        });
    });
    table.add(addKeptOf(group, "show", "one of them, whole (with --json)", *a),
              [=](bool json) { return answer(oneMeasurement(*a), json); });
    table.add(addKeptOf(group, "remove", "forget one", *a), [=](bool json) {
        return answer(applyKept(*a, RemoveMeasurement{MeasurementId(a->id)}), json);
    });
}

}  // namespace skd::cli
