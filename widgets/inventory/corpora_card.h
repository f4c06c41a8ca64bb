#pragma once

#include "controls/card.h"
#include "library/inventory.h"

class QPushButton;

namespace skd {

class InventoryView;

/// Text that runs can calibrate and distil on, with what is known about it.
class CorporaCard : public Card {
    Q_OBJECT
public:
    explicit CorporaCard(QWidget* parent = nullptr);
    void set(std::vector<CorpusEntry> corpora, const QStringList& added);
    [[nodiscard]] InventoryView& table() { return *m_table; }

Q_SIGNALS:
    void addRequested(const QString& folder);
    void forgetRequested(const QString& folder);
    /// The folder; "" for the texts that ship.
    void runRequested(const QString& folder);
    void said(const QString& message);

private:
    void buildButtons();
    void refreshButtons();
    void check();
    [[nodiscard]] const CorpusEntry* current() const;

    std::vector<CorpusEntry> m_corpora;
    QStringList m_added;
    InventoryView* m_table;
    QLabel* m_detail;
    QPushButton *m_run, *m_check, *m_forget;
    bool m_checking = false;
};

}  // namespace skd
