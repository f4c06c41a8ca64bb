#pragma once

#include <QWidget>

class QLabel;
class QPlainTextEdit;

namespace skd {

class SpecDraft;

/// A draft as text: the whole spec, to be read, copied, edited and pasted over.
class JsonView : public QWidget {
    Q_OBJECT
public:
    explicit JsonView(SpecDraft& draft, QWidget* parent = nullptr);

protected:
    void showEvent(QShowEvent* event) override;

private:
    void refresh();
    void take();

    SpecDraft& m_draft;
    QPlainTextEdit* m_text;
    QLabel* m_problem;
    bool m_taking = false;
};

}  // namespace skd
