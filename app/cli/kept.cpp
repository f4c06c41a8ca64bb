#include <iostream>

#include "base/table.h"
#include "cli/commands.h"
#include "store/run_store.h"
#include "store/run_writer.h"

namespace skd::cli {
namespace {

struct KeptArguments {
    std::string workspace = defaultWorkspace(), name;
    std::int64_t id = 0, position = -1;
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

Result<std::vector<ViewRow>> viewRows(const KeptArguments& a) {
    SKD_TRY(const auto store, RunStore::open(a.workspace));
    return store->views();
}

Result<Json> viewList(const KeptArguments& a) {
    SKD_TRY(const std::vector<ViewRow> rows, viewRows(a));
    Json list = Json::array();
    for (const ViewRow& row : rows)
        list.push_back({{"view", row.id.value()},
                        {"name", row.name},
                        {"page", row.page},
                        {"position", row.position}});
    return Json{{"views", std::move(list)}};
}

Result<Json> changeView(const KeptArguments& a) {
    SKD_TRY(const std::vector<ViewRow> rows, viewRows(a));
    for (ViewRow row : rows)
        if (row.id == ViewId(a.id)) {
            row.name = a.name.empty() ? row.name : a.name;
            if (a.position >= 0) row.position = a.position;
            return applyKept(a, SaveView{std::move(row)});
        }
    return fail(ErrorCode::NotFound,
                strCat("there is no view ", a.id, "; sparsekd views list shows them"));
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

void addViews(CLI::App& app, CommandTable& table) {
    auto a = std::make_shared<KeptArguments>();
    CLI::App* group =
        app.add_subcommand("views", "what pages of the window showed: list, change, remove");
    group->require_subcommand(1);
    table.add(addKept(group, "list", "in their order", *a), [=](bool json) {
        return answer(viewList(*a), json, [](const Json& value) {
            printKept(value, "views", {"view", "page", "name"});
        });
    });
    CLI::App* rename = addKeptOf(group, "change", "give a view another name or place", *a);
    rename->add_option("--name", a->name, "its new name");
    addChecked(rename, "--position", a->position, "its place in the list, from 0", atLeast(0))
        ->default_str("");
    table.add(rename, [=](bool json) { return answer(changeView(*a), json); });
    table.add(addKeptOf(group, "remove", "forget a view", *a),
              [=](bool json) { return answer(applyKept(*a, RemoveView{ViewId(a->id)}), json); });
}

}  // namespace skd::cli
