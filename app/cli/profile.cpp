#include <iostream>

#include "base/table.h"
#include "cli/commands.h"
#include "cli/engine_call.h"
#include "cli/keep_measurement.h"
#include "cli/step_profile.h"
#include "store/measurement_codec.h"

namespace skd {
namespace cli {
enum class ProfileView { Module, Paper };
enum class KeptTimelines { All, First, None };
}  // namespace cli
template <>
inline constexpr auto kNames<cli::ProfileView> = names<cli::ProfileView>(
    {{cli::ProfileView::Module, "module"}, {cli::ProfileView::Paper, "paper"}});
template <>
inline constexpr auto kNames<cli::KeptTimelines> = names<cli::KeptTimelines>({"all", "first",
                                                                              "none"});
}  // namespace skd

namespace skd::cli {
namespace {

constexpr std::size_t kOperatorLines = 10;

std::string milliseconds(double seconds) {
    return formatFixed(seconds * 1000, 1);
}
std::string percent(double share) {
    return formatFixed(share * 100, 1) + " %";
}
std::string withSpread(const Spread& s, int decimals, double factor = 1) {
    return strCat(formatFixed(s.median * factor, decimals), " (",
                  formatFixed(s.low * factor, decimals), " - ",
                  formatFixed(s.high * factor, decimals), ")");
}

std::string heading(const ModelProfile& model) {
    return strCat("\n", model.name, ", ", groupDigits(model.parameters),
                  " parameters: ", withSpread(model.wall, 1, 1000), " ms, ",
                  percent(model.attributed), " of it in named parts\n");
}

std::string moduleTable(const ModelProfile& model) {
    TextTable table{.header = {"part", "ms", "share", "calls", "GFLOP", "GFLOP/s"},
                    .figures = true};
    for (const ModuleTime& time : model.modules)
        table.rows.push_back({enumName(time.module), milliseconds(time.seconds),
                              percent(time.share), time.calls > 0 ? groupDigits(time.calls) : "",
                              time.flops > 0 ? formatFixed(time.flops / 1e9, 2) : "",
                              time.flops > 0 ? formatFixed(time.gflopsPerSecond(), 0) : ""});
    table.rows.push_back({"total", milliseconds(model.typicalSeconds()), "100.0 %", "", "", ""});
    return toConsole(table, "  ");
}

std::string operatorTable(const ModelProfile& model) {
    TextTable table{.header = {"operator", "ms", "share", "calls"}, .figures = true};
    std::vector<OperatorTime> lines = model.byOperator();
    lines.resize(std::min(lines.size(), kOperatorLines));
    for (const OperatorTime& time : lines) {
        // What has a module's name is the time that the module spends outside of LibTorch's
        // operators.
        Module module{};
        const bool own = parseEnum(time.name, module);
        const std::string name = !own                    ? time.name
                                 : module == Module::Gap ? "(gap)"
                                                         : strCat("(", time.name, ": own passes)");
        table.rows.push_back(
            {name, milliseconds(time.seconds), percent(time.share), groupDigits(time.calls)});
    }
    return toConsole(table, "  ");
}

std::string paperTable(const ProfileReport& report) {
    TextTable table{.header = {"model", "attention ms", "FFN/GEMM ms", "rest ms", "total ms"},
                    .figures = true};
    for (const ModelProfile& model : report.models) {
        const std::map<PaperBucket, double> buckets = model.paperBuckets();
        const double total = model.typicalSeconds();
        std::vector<std::string> row{model.name};
        for (const PaperBucket bucket :
             {PaperBucket::Attention, PaperBucket::Gemm, PaperBucket::Rest})
            row.push_back(strCat(milliseconds(buckets.at(bucket)), " (",
                                 formatFixed(buckets.at(bucket) / total * 100, 0), " %)"));
        row.push_back(milliseconds(total));
        table.rows.push_back(std::move(row));
    }
    return "\n" + toConsole(table, "  ") +
           "  FFN/GEMM as in the paper's Table VIII: all products with weights, attention "
           "projections and head included\n";
}

std::string comparisonTable(const ProfileReport& report) {
    TextTable table{.header = {strCat("against ", report.models.front().name), "speed-up",
                               "predicted", "ceiling", "MLP time", "MLP FLOPs", "other time"},
                    .figures = true};
    for (std::size_t i = 1; i < report.models.size(); ++i) {
        const ProfileComparison& c = report.models[i].comparison;
        table.rows.push_back({report.models[i].name, withSpread(c.speedUp, 3),
                              formatFixed(c.predicted, 3), formatFixed(c.ceiling, 3),
                              withSpread(c.mlpTime, 3), formatFixed(c.mlpFlops, 3),
                              withSpread(c.otherTime, 3)});
    }
    return "\n" + toConsole(table, "  ") +
           "  predicted: MLP time shrinks as its FLOPs, the rest stays; ceiling (Amdahl): MLP "
           "products need no time\n";
}

/// Aligned tables for display: per model the time by part of the decoder and by operator (or the
/// columns of the paper's Table VIII), and each further model against the first.
std::string profileTables(const ProfileReport& report, ProfileView view) {
    std::string text = strCat(report.dtype, " on ", report.device, ", ", report.threads,
                              " threads; batch ", report.batch, " x ", report.length, " tokens; ",
                              report.rounds, " rounds interleaved after ", report.warmUps,
                              " warm-up, median (quartiles); ", report.method, "\n");
    if (report.models.empty()) return text;
    if (view == ProfileView::Paper)
        text += paperTable(report);
    else
        for (const ModelProfile& model : report.models)
            text += heading(model) + moduleTable(model) + "\n" + operatorTable(model);
    if (report.models.size() > 1) text += comparisonTable(report);
    return text;
}

struct ProfileArguments {
    ModelArguments model;
    ProfileRequest request;
    std::string buckets = "module", timelines = "all";
    bool keep = false, step = false;
    CLI::Option *batch = nullptr, *length = nullptr;  ///< of a step they have defaults of their own
};

/// What goes into the workspace. Timelines are most of it: half a megabyte and more a model.
Json keptProfile(ProfileReport report, KeptTimelines timelines) {
    const std::size_t count = timelines == KeptTimelines::All     ? report.models.size()
                              : timelines == KeptTimelines::First ? 1
                                                                  : 0;
    for (std::size_t i = count; i < report.models.size(); ++i) report.models[i].timeline.clear();
    return profileJson(report, ProfileDetail::Timeline);
}

Result<int> profileOneStep(ProfileArguments& a, bool json) {
    if (a.request.models.size() != 1)
        return fail(ErrorCode::InvalidInput, "--step profiles the training of one model");
    if (a.keep || !a.request.trace.empty())
        return fail(ErrorCode::InvalidInput,
                    "--keep and --trace are of forward passes; leave them out with --step");
    bench::StepProfileRequest request{.model = a.model.ref, .rounds = a.request.rounds};
    request.model.path = a.request.models.front();
    if (a.batch->count() > 0) request.samples = a.request.batch;
    if (a.length->count() > 0) request.length = a.request.length;
    return showStepProfile(request, json);
}

Result<int> profile(ProfileArguments& a, bool json) {
    ProfileView view{};
    KeptTimelines timelines{};
    SKD_CHECK(choose("--buckets", a.buckets, view));
    SKD_CHECK(choose("--timelines", a.timelines, timelines));
    SKD_CHECK(a.model.resolve());
    if (a.step) return profileOneStep(a, json);
    const EngineCall call;
    SKD_TRY(const ProfileReport result,
            profileModels(a.model.ref, a.request, a.model.runs(), call.context));
    if (a.keep && !result.cancelled)
        SKD_CHECK(keepMeasurement(ProfileTask{a.model.ref, a.request},
                                  keptProfile(result, timelines), a.model.workspace));
    if (json)
        print(describeProfile(result), true);
    else
        std::cout << profileTables(result, view);
    return result.cancelled ? kCancelled : kDone;
}

}  // namespace

void addProfile(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand(
        "profile", "where the time of a forward pass goes, by part of the decoder and by operator");
    auto a = std::make_shared<ProfileArguments>();
    command
        ->add_option("MODEL", a->request.models,
                     strCat(kModelHelp, "; the first is what the others are compared with"))
        ->required();
    a->model.addTo(*command, "");
    a->batch = addChecked(command, "--batch", a->request.batch, "texts of a forward pass",
                          CLI::Range(1, 65536));
    a->length = addChecked(command, "--length", a->request.length, "tokens of a text",
                           CLI::Range(1, 1048576));
    command->add_flag("--step", a->step,
                      "profile a KD step of one model by its parts instead (4 x 256 tokens)");
    addChecked(command, "--rounds", a->request.rounds, "timed passes of each model, in turn",
               CLI::Range(1, 1000));
    addChecked(command, "--warm-ups", a->request.warmUps, "passes before, which are not counted",
               CLI::Range(0, 1000));
    command->add_option("--trace", a->request.trace,
                        "file for a Chrome trace of each model's typical round");
    command->add_option("--buckets", a->buckets,
                        "module, or paper for the columns of the paper's Table VIII");
    addKeepFlag(command, a->keep);
    command->add_option("--timelines", a->timelines,
                        "with --keep: of which models the time line is kept: all, first, none");
    table.add(command, [=](bool json) { return profile(*a, json); });
}

}  // namespace skd::cli
