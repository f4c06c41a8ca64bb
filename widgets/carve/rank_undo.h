#pragma once

#include <QUndoStack>
#include <functional>

#include "carve/rank_profile.h"

namespace skd {

/// The steps of a rank profile that can be undone.
class RankUndo {
public:
    using Restore = std::function<void(const RankProfile&)>;
    explicit RankUndo(Restore restore) : m_restore(std::move(restore)) {}

    /// Edits between begin and end are one step; nests. Steps that follow each other with the same
    /// `series` (not negative) are one.
    void begin(const QString& text, int series, const RankProfile& now);
    void end(const RankProfile& now);
    [[nodiscard]] QUndoStack& stack() { return m_stack; }

private:
    class Command;
    Restore m_restore;
    RankProfile m_before;
    QString m_text;
    int m_depth = 0, m_series = -1;
    QUndoStack m_stack;
};

}  // namespace skd
