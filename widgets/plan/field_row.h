#pragma once

#include <QWidget>

#include "plan/spec_draft.h"

class QLabel;
class QToolButton;

namespace skd {

/// One field of a spec: name, editor, unit, way back to its default, help, and what is wrong with
/// it.
class FieldRow : public QWidget {
    Q_OBJECT
public:
    FieldRow(SpecDraft& draft, const FieldDescription& field, QWidget* parent = nullptr);

    [[nodiscard]] const std::string& path() const { return m_field.path; }
    [[nodiscard]] QWidget* editor() const { return m_editor; }
    /// Words of the search line, all of which must occur in path, help or choices.
    [[nodiscard]] bool matches(const QStringList& words) const;
    /// Shows what the draft holds.
    void refresh();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void buildEditor();
    void buildLayout();
    void showValue(const Json& value);
    void take(const QString& text);
    [[nodiscard]] QString helpText() const;
    [[nodiscard]] QWidget* withBrowse();

    SpecDraft& m_draft;
    FieldDescription m_field;
    QWidget* m_editor = nullptr;
    QLabel *m_name, *m_help, *m_problem;
    QToolButton* m_reset;
};

}  // namespace skd
