#pragma once

#include "compare/compare_view.h"
#include "controls/page.h"

class QStackedWidget;

namespace skd {

class Card;
class ChoiceButton;
class DiffCard;
class ModeSwitch;
class StudyView;

/// The runs selected side by side: curves, trade-off and sweep above, what differs beside them,
/// figures and the paper's tables below.
class ComparePage : public LivePage {
    Q_OBJECT
public:
    explicit ComparePage(const PageContext& context, QWidget* parent = nullptr);
    [[nodiscard]] bool settled() const override;
    [[nodiscard]] StudyView& study() { return *m_study; }

private:
    /// A card of several views: which one is in front is chosen in its title row.
    struct Stack {
        Card* card = nullptr;
        ModeSwitch* mode = nullptr;
        QStackedWidget *views = nullptr, *controls = nullptr;
    };
    Stack buildStack(const QString& title, const QStringList& modes,
                     const std::vector<CompareView*>& views);
    void connectParts();
    void markDirty(bool all);
    void refresh() override;
    void choose(RunId run, bool add);
    void open(RunId run);
    [[nodiscard]] CompareScene scene();
    void tell();

    PageContext m_context;
    CompareData m_data;
    StudyView* m_study;
    std::vector<CompareView*> m_views;
    DiffCard* m_diff;
    ChoiceButton* m_grouping;
    Stack m_above, m_below;
    bool m_allDirty = true, m_stale = true;
};

}  // namespace skd
