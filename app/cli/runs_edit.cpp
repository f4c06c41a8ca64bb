#include "cli/commands.h"
#include "store/run_store.h"
#include "store/run_writer.h"

namespace skd::cli {
namespace {

struct EditArguments {
    std::string workspace = defaultWorkspace();
    std::int64_t run = 0, step = 0, mark = 0;
    std::string text, metric = "ppl.live";
    std::vector<std::string> tags;
};

Result<Json> changeRun(const EditArguments& a, const WorkspaceEdit& edit) {
    SKD_TRY(const auto writer, RunWriter::open(a.workspace));
    SKD_TRY(const std::int64_t id, writer->apply(edit));
    Json json{{"done", true}};
    if (std::holds_alternative<Annotate>(edit)) json["mark"] = id;
    return json;
}

Result<Json> paintRun(const EditArguments& a) {
    const bool hex = a.text.size() == 7 && a.text.front() == '#' &&
                     a.text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos;
    if (!hex && a.text != "none")
        return fail(ErrorCode::InvalidInput,
                    strCat("\"", a.text,
                           "\" is no colour; give #rrggbb, or none for the list's "
                           "own"));
    return changeRun(a, SetColor{RunId(a.run), hex ? a.text : std::string()});
}

Result<Json> markList(const EditArguments& a) {
    SKD_TRY(const auto store, RunStore::open(a.workspace));
    SKD_TRY(const std::vector<AnnotationRow> rows, store->annotations(RunId(a.run)));
    Json list = Json::array();
    for (const AnnotationRow& row : rows)
        list.push_back({{"mark", row.id.value()},
                        {"metric", row.metric},
                        {"step", row.step},
                        {"text", row.text}});
    return Json{{"run_id", a.run}, {"marks", std::move(list)}};
}

Result<Json> specOfRun(const EditArguments& a) {
    SKD_TRY(const auto store, RunStore::open(a.workspace));
    SKD_TRY(const RunDetails details, store->details(RunId(a.run)));
    return details.spec;
}

class EditCommands {
public:
    EditCommands(CLI::App& runs, CommandTable& table) : m_runs(runs), m_table(table) {}

    /// A command about one run; `options` adds what else it takes.
    CLI::App* add(const char* name, const char* help,
                  const std::function<Result<Json>(const EditArguments&)>& action) {
        CLI::App* command = m_runs.add_subcommand(name, help);
        addWorkspace(command, m_arguments->workspace);
        addChecked(command, "RUN", m_arguments->run, "number of the run", atLeast(1))->required();
        m_table.add(command,
                    [a = m_arguments, action](bool json) { return answer(action(*a), json); });
        return command;
    }
    CLI::App* addText(CLI::App* command, const char* name, const char* help) {
        command->add_option(name, m_arguments->text, help)->required();
        return command;
    }
    [[nodiscard]] EditArguments& arguments() { return *m_arguments; }

private:
    CLI::App& m_runs;
    CommandTable& m_table;
    std::shared_ptr<EditArguments> m_arguments = std::make_shared<EditArguments>();
};

void addMarks(EditCommands& commands) {
    CLI::App* mark = commands.add("mark", "a remark at a step of a run's curve", [](const auto& a) {
        return changeRun(a, Annotate{{{}, RunId(a.run), a.metric, a.step, a.text, 0}});
    });
    commands.addText(mark, "TEXT", "the remark");
    addChecked(mark, "--step", commands.arguments().step, "where it stands", atLeast(0))
        ->required();
    mark->add_option("--metric", commands.arguments().metric, "the curve it stands at");
    commands.add("marks", "the remarks at a run's curves", markList);
    CLI::App* unmark = commands.add("unmark", "remove a remark", [](const auto& a) {
        return changeRun(a, RemoveAnnotation{AnnotationId(a.mark)});
    });
    addChecked(unmark, "MARK", commands.arguments().mark, "its number, as runs marks says",
               atLeast(1))
        ->required();
}

}  // namespace

void addRunsEdit(CLI::App& runs, CommandTable& table) {
    EditCommands commands(runs, table);
    commands.addText(commands.add("rename", "give a run another name",
                                  [](const auto& a) {
                                      return changeRun(a, RenameRun{RunId(a.run), a.text});
                                  }),
                     "NAME", "its new name");
    commands.addText(commands.add("note", "write a run's notes",
                                  [](const auto& a) {
                                      return changeRun(a, SetNotes{RunId(a.run), a.text});
                                  }),
                     "TEXT", "the notes, instead of those it has; \"\" removes them");
    commands
        .add("tag", "set a run's tags",
             [](const auto& a) {
                 return changeRun(a, SetTags{RunId(a.run), a.tags});
             })
        ->add_option("TAG", commands.arguments().tags,
                     "its tags, instead of those it has; none removes them");
    commands.addText(commands.add("color", "set the colour of a run in lists and charts", paintRun),
                     "COLOR", "#rrggbb, or none");
    commands.add("spec", "the spec of a run, to start another from (with --json)", specOfRun);
    addMarks(commands);
}

}  // namespace skd::cli
