#include "carve/rank_undo.h"

#include <QUndoCommand>

namespace skd {

class RankUndo::Command : public QUndoCommand {
public:
    Command(const RankUndo& history, RankProfile after)
        : QUndoCommand(history.m_text),
          m_restore(history.m_restore),
          m_series(history.m_series),
          m_before(history.m_before),
          m_after(std::move(after)) {}
    void undo() override { m_restore(m_before); }
    void redo() override { m_restore(m_after); }
    [[nodiscard]] int id() const override { return m_series; }
    bool mergeWith(const QUndoCommand* next) override {
        m_after = static_cast<const Command*>(next)->m_after;  // ids are this class's own
        return true;
    }

private:
    const Restore& m_restore;
    int m_series;
    RankProfile m_before, m_after;
};

void RankUndo::begin(const QString& text, int series, const RankProfile& now) {
    if (m_depth++ > 0) return;
    m_series = series;
    m_text = text;
    m_before = now;
}

void RankUndo::end(const RankProfile& now) {
    if (m_depth == 0 || --m_depth > 0 || m_before == now) return;
    m_stack.push(new Command(*this, now));
}

}  // namespace skd
