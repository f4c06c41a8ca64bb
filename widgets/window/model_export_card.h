#pragma once

#include <QWidget>

#include "base/json.h"

class QLabel;
class QTextBrowser;
class QVBoxLayout;

namespace skd {

/// What an export has become: its size, what the format keeps or loses, the tokens that agree when
/// it is opened again, its model card, and commands to copy. Hidden until there is one.
class ModelExportCard : public QWidget {
    Q_OBJECT
public:
    explicit ModelExportCard(QWidget* parent = nullptr);
    using QWidget::show;
    /// `record` as exportModel gives it.
    void show(const Json& record);

private:
    void showCommands(const Json& commands);

    QLabel* m_facts;
    QVBoxLayout* m_commands;
    QTextBrowser* m_text;
};

}  // namespace skd
