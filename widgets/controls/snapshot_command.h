#pragma once

#include <QUndoCommand>
#include <functional>

namespace skd {

/// A step of an undo history over a state that is small enough to be kept whole, before and after.
/// Steps with the same `key` (not empty) that follow each other are one.
template <class State>
class SnapshotCommand : public QUndoCommand {
public:
    using Restore = std::function<void(const State&)>;
    SnapshotCommand(const QString& text, State before, State after, Restore restore,
                    QString key = {})
        : QUndoCommand(text),
          m_before(std::move(before)),
          m_after(std::move(after)),
          m_restore(std::move(restore)),
          m_key(std::move(key)) {}
    void undo() override { m_restore(m_before); }
    void redo() override { m_restore(m_after); }
    [[nodiscard]] int id() const override { return m_key.isEmpty() ? -1 : 1; }
    bool mergeWith(const QUndoCommand* other) override {
        const auto* next = dynamic_cast<const SnapshotCommand*>(other);
        if (next == nullptr || next->m_key != m_key) return false;
        m_after = next->m_after;
        return true;
    }

private:
    State m_before, m_after;
    Restore m_restore;
    QString m_key;  ///< of a step that the next one may continue; "" for none
};

}  // namespace skd
