#include "window/registry.h"

#include "carve/carve_page.h"
#include "compare/compare_page.h"
#include "inventory/data_page.h"
#include "plan/new_run_page.h"
#include "plan/new_study_page.h"
#include "profile/profile_page.h"
#include "recover/recover_page.h"
#include "talk/talk_page.h"

namespace skd {

namespace {

template <class P>
PageEntry entryOf(const char* id, const char* title) {
    return {QLatin1String(id), QCoreApplication::translate("Page", title),
            [](const PageContext& context, QWidget* parent) -> Page* {
                return new P(context, parent);
            }};
}

}  // namespace

std::vector<PageEntry> pageRegistry() {
    return {entryOf<CarvePage>("carve", QT_TRANSLATE_NOOP("Page", "Carve")),
            entryOf<RecoverPage>("recover", QT_TRANSLATE_NOOP("Page", "Recover")),
            entryOf<ComparePage>("compare", QT_TRANSLATE_NOOP("Page", "Compare")),
            entryOf<ProfilePage>("profile", QT_TRANSLATE_NOOP("Page", "Profile")),
            entryOf<TalkPage>("talk", QT_TRANSLATE_NOOP("Page", "Talk")),
            entryOf<NewRunPage>("new-run", QT_TRANSLATE_NOOP("Page", "New run")),
            entryOf<NewStudyPage>("new-study", QT_TRANSLATE_NOOP("Page", "New study")),
            entryOf<DataPage>("data", QT_TRANSLATE_NOOP("Page", "Models and data"))};
}

}  // namespace skd
