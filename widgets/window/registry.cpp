#include "window/registry.h"

#include <QCoreApplication>

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
Page* make(const PageContext& context, QWidget* parent) {
    return new P(context, parent);
}

QString title(const char* text) {
    return QCoreApplication::translate("Page", text);
}

}  // namespace

std::vector<PageEntry> pageRegistry() {
    return {
        {QStringLiteral("carve"), title(QT_TRANSLATE_NOOP("Page", "Carve")), &make<CarvePage>},
        {QStringLiteral("recover"), title(QT_TRANSLATE_NOOP("Page", "Recover")),
         &make<RecoverPage>},
        {QStringLiteral("compare"), title(QT_TRANSLATE_NOOP("Page", "Compare")),
         &make<ComparePage>},
        {QStringLiteral("profile"), title(QT_TRANSLATE_NOOP("Page", "Profile")),
         &make<ProfilePage>},
        {QStringLiteral("talk"), title(QT_TRANSLATE_NOOP("Page", "Talk")), &make<TalkPage>},
        {QStringLiteral("new-run"), title(QT_TRANSLATE_NOOP("Page", "New run")), &make<NewRunPage>},
        {QStringLiteral("new-study"), title(QT_TRANSLATE_NOOP("Page", "New study")),
         &make<NewStudyPage>},
        {QStringLiteral("data"), title(QT_TRANSLATE_NOOP("Page", "Models and data")),
         &make<DataPage>},
    };
}

}  // namespace skd
