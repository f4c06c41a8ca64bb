#include <iostream>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/engine_call.h"
#include "cli/keep_measurement.h"
#include "cli/profile_table.h"
#include "store/measurement_codec.h"

namespace skd {
template <>
inline constexpr auto kNames<cli::ProfileView> = names<cli::ProfileView>(
    {{cli::ProfileView::Module, "module"}, {cli::ProfileView::Paper, "paper"}});
}  // namespace skd

namespace skd::cli {
namespace {

struct ProfileArguments {
    ModelArguments model;
    ProfileRequest request;
    std::string buckets = "module";
    std::shared_ptr<bool> keep;
};

int profile(ProfileArguments& a, bool json) {
    ProfileView view{};
    if (const Status status = choose("--buckets", a.buckets, view); !status)
        return report(status.error(), json);
    if (const Status status = a.model.resolve(); !status) return report(status.error(), json);
    const EngineCall call;
    const auto result = profileModels(a.model.ref, a.request, a.model.runs(), call.context);
    if (!result) return report(result.error(), json);
    if (*a.keep && !result->cancelled)
        if (const Status kept =
                keepMeasurement(ProfileTask{a.model.ref, a.request},
                                profileJson(*result, ProfileDetail::Timeline), a.model.workspace);
            !kept)
            return report(kept.error(), json);
    if (json)
        print(describeProfile(*result), true);
    else
        std::cout << profileTables(*result, view);
    return result->cancelled ? kCancelled : kDone;
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
    command->add_option("--batch", a->request.batch, "texts of a forward pass")
        ->check(CLI::Range(1, 65536));
    command->add_option("--length", a->request.length, "tokens of a text")
        ->check(CLI::Range(1, 1048576));
    command->add_option("--rounds", a->request.rounds, "timed passes of each model, in turn")
        ->check(CLI::Range(1, 1000));
    command->add_option("--warm-ups", a->request.warmUps, "passes before, which are not counted")
        ->check(CLI::Range(0, 1000));
    command->add_option("--trace", a->request.trace,
                        "file for a Chrome trace of each model's typical round");
    command->add_option("--buckets", a->buckets,
                        "module, or paper for the columns of the paper's Table VIII");
    a->keep = addKeepFlag(*command);
    const auto json = addJsonFlag(*command);
    table[command] = [=] { return profile(*a, *json); };
}

}  // namespace skd::cli
