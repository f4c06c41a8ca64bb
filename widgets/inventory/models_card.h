#pragma once

#include "bridge/sample_model.h"
#include "controls/card.h"
#include "library/inventory.h"

class QProgressBar;
class QPushButton;

namespace skd {

class InventoryView;

/// The models of this machine, what can be done with them, and the way to more.
class ModelsCard : public Card {
    Q_OBJECT
public:
    explicit ModelsCard(bool canRun, QWidget* parent = nullptr);
    void set(std::vector<ModelEntry> models, const QStringList& added);
    [[nodiscard]] InventoryView& table() { return *m_table; }
    [[nodiscard]] const std::vector<ModelEntry>& models() const { return m_models; }
    [[nodiscard]] SampleModel& sample() { return m_sample; }

Q_SIGNALS:
    void addRequested(const QString& path);
    void forgetRequested(const QString& path);
    void carveRequested(const QString& reference);
    void runRequested(const QString& reference);
    void changedOnDisk();
    void said(const QString& message);

private:
    void buildButtons();
    void buildSample();
    void refreshButtons();
    void refreshSample();
    [[nodiscard]] const ModelEntry* current() const;

    std::vector<ModelEntry> m_models;
    QStringList m_added;
    SampleModel m_sample;
    InventoryView* m_table;
    QLabel* m_problem;
    QPushButton *m_carve, *m_run, *m_forget, *m_fetch;
    QProgressBar* m_bar;
    bool m_canRun;
};

}  // namespace skd
