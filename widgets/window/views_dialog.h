#pragma once

#include <QDialog>

class QListWidget;
class QPushButton;

namespace skd {

class Presenter;

/// The saved views: show, save what is on the screen, rename, reorder, delete; all can be undone.
class ViewsDialog : public QDialog {
    Q_OBJECT
public:
    ViewsDialog(Presenter& presenter, bool readOnly, QWidget* parent = nullptr);
    [[nodiscard]] QListWidget& list() { return *m_list; }

private:
    void refresh();
    void enableButtons();
    void moveBy(int by);
    Presenter& m_presenter;
    QListWidget* m_list;
    QPushButton *m_show, *m_up, *m_down, *m_remove;
    bool m_readOnly, m_filling = false;
    int m_wanted = -1;  ///< row to select once the list has been read again
};

/// Asks for a name, and whether showing the view replays its run; false where the user cancels.
bool askForView(QWidget* parent, const QString& suggestion, QString& name, double& replaySpeed);

}  // namespace skd
