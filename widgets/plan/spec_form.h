#pragma once

#include <QWidget>
#include <string>
#include <vector>

class QCheckBox;
class QLabel;
class QLineEdit;
class QScrollArea;
class QToolButton;
class QVBoxLayout;

namespace skd {

class FieldRow;
class SpecDraft;

/// A form over all fields of a run, made from the spec's field list: a section per group that folds
/// away, a search line, and a switch that leaves only what was changed.
class SpecForm : public QWidget {
    Q_OBJECT
public:
    explicit SpecForm(SpecDraft& draft, QWidget* parent = nullptr);

    [[nodiscard]] QLineEdit& search() const { return *m_search; }
    /// Unfolds a field's section, scrolls to it and puts the focus there.
    void showField(const std::string& path);

private:
    struct Section {
        QString name;
        QToolButton* header = nullptr;
        QLabel* summary = nullptr;
        QWidget* body = nullptr;
        std::vector<FieldRow*> rows;
        bool open = false;  ///< by hand, apart from a search
    };
    void buildHeader(QVBoxLayout* layout);
    void buildSections(QVBoxLayout* layout);
    Section& addSection(const QString& key, const QString& help, QVBoxLayout* layout);
    void filter();
    void refresh();

    SpecDraft& m_draft;
    QLineEdit* m_search;
    QCheckBox* m_changedOnly;
    QLabel* m_nothing;
    QScrollArea* m_scroll;
    std::vector<Section> m_sections;
};

}  // namespace skd
