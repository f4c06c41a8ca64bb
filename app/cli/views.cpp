#include <iostream>

#include "cli/commands.h"
#include "store/run_store.h"
#include "store/run_writer.h"

namespace skd::cli {
namespace {

Json viewJson(const ViewRow& view) {
    return {{"view_id", view.id.value()},
            {"name", view.name},
            {"page", view.page},
            {"document", view.document}};
}

Result<Json> listViews(const std::string& workspace) {
    SKD_TRY(const auto store, RunStore::open(workspace));
    SKD_TRY(const std::vector<ViewRow> views, store->views());
    Json array = Json::array();
    for (const ViewRow& view : views) array.push_back(viewJson(view));
    return Json{{"views", array}};
}

void printViews(const Json& json) {
    for (const Json& view : memberOf(json, "views"))
        std::cout << valueOr(view, "view_id", std::int64_t{0}) << "\t"
                  << escapeLine(valueOr(view, "page", "")) << "\t"
                  << escapeLine(valueOr(view, "name", "")) << "\n";
    if (memberOf(json, "views").empty()) std::cout << "no saved views\n";
}

/// What `views list --json` prints; numbers of views are not read.
Result<std::vector<ViewRow>> readViews(const std::string& file) {
    SKD_TRY(const Json json, readJsonFile(file));
    const Json& list = memberOf(json, "views");
    if (!list.is_array())
        return fail(ErrorCode::InvalidInput,
                    strCat(file, " has no list \"views\"; give what views list --json prints"));
    std::vector<ViewRow> views;
    for (const Json& entry : list) {
        ViewRow view;
        view.name = valueOr(entry, "name", "");
        view.page = valueOr(entry, "page", "");
        view.document = memberOf(entry, "document");
        if (view.name.empty() || view.page.empty() || !view.document.is_object())
            return fail(ErrorCode::InvalidInput,
                        strCat(file, ": \"views\".", views.size(),
                               " needs the texts \"name\" and \"page\" and the object "
                               "\"document\""));
        views.push_back(std::move(view));
    }
    return views;
}

/// Adds the views of a file behind those that are there.
Result<Json> addViewsOf(const std::string& workspace, const std::string& file) {
    SKD_TRY(std::vector<ViewRow> views, readViews(file));
    SKD_TRY(const auto writer, RunWriter::open(workspace));
    SKD_TRY(const auto store, RunStore::open(workspace));
    SKD_TRY(const std::vector<ViewRow> present, store->views());
    std::int64_t position = present.empty() ? 0 : present.back().position + 1;
    Json added = Json::array();
    for (ViewRow& view : views) {
        view.position = position++;
        SKD_TRY(const std::int64_t id, writer->apply(SaveView{view}));
        view.id = ViewId(id);
        added.push_back(viewJson(view));
    }
    return Json{{"views", added}};
}

Result<Json> removeView(const std::string& workspace, std::int64_t view) {
    SKD_TRY(const auto writer, RunWriter::open(workspace));
    SKD_CHECK(writer->apply(RemoveView{ViewId(view)}));
    return Json{{"done", true}};
}

struct ViewsArguments {
    std::string workspace = defaultWorkspace(), file, name;
    std::int64_t view = 0, position = -1;
};

Result<Json> changeView(const ViewsArguments& a) {
    SKD_TRY(const auto writer, RunWriter::open(a.workspace));
    SKD_TRY(const auto store, RunStore::open(a.workspace));
    SKD_TRY(const std::vector<ViewRow> rows, store->views());
    for (ViewRow row : rows)
        if (row.id == ViewId(a.view)) {
            if (!a.name.empty()) row.name = a.name;
            if (a.position >= 0) row.position = a.position;
            SKD_CHECK(writer->apply(SaveView{std::move(row)}));
            return Json{{"done", true}};
        }
    return fail(ErrorCode::NotFound,
                strCat("there is no view ", a.view, "; sparsekd views list shows them"));
}

}  // namespace

void addViews(CLI::App& app, CommandTable& table) {
    CLI::App* views = app.add_subcommand(
        "views",
        "saved views of a workspace, which the window presents: list, add, change, delete");
    views->require_subcommand(1);
    auto a = std::make_shared<ViewsArguments>();
    const auto action = [&](const char* name, const char* help) {
        CLI::App* command = views->add_subcommand(name, help);
        addWorkspace(command, a->workspace);
        return command;
    };
    table.add(action("list", "all views, in the order of presenting"),
              [=](bool json) { return answer(listViews(a->workspace), json, printViews); });
    CLI::App* adding = action("add", "add the views of a file behind those that are there");
    adding->add_option("FILE", a->file, "what views list --json printed, of any workspace")
        ->required();
    table.add(adding, [=](bool json) {
        return answer(addViewsOf(a->workspace, a->file), json, printViews);
    });
    CLI::App* changing = action("change", "give a view another name or place");
    addChecked(changing, "VIEW", a->view, "number of the view", atLeast(1))->required();
    changing->add_option("--name", a->name, "its new name");
    addChecked(changing, "--position", a->position, "its place in the list, from 0", atLeast(0))
        ->default_str("");
    table.add(changing, [=](bool json) { return answer(changeView(*a), json); });
    CLI::App* removing = action("delete", "delete a view");
    addChecked(removing, "VIEW", a->view, "number of the view", atLeast(1))->required();
    table.add(removing, [=](bool json) { return answer(removeView(a->workspace, a->view), json); });
}

}  // namespace skd::cli
