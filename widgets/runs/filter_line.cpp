#include "runs/filter_line.h"

#include <QAbstractItemView>
#include <QCompleter>
#include <QStringListModel>

namespace skd {

FilterLine::FilterLine(std::function<const std::vector<RunRow>&()> runs, QWidget* parent)
    : QLineEdit(parent),
      m_runs(std::move(runs)),
      m_candidates(new QStringListModel(this)),
      m_completer(new QCompleter(m_candidates, this)) {
    setAccessibleName(tr("Filter runs"));
    setPlaceholderText(tr("filter: svd  ppl < 50"));
    setClearButtonEnabled(true);
    QStringList lines{tr("Words, words to exclude (-plain), and comparisons:")};
    for (const RunFilter::Field& field : RunFilter::fields())
        lines << QStringLiteral("%1 – %2").arg(QLatin1String(field.name), field.help);
    lines << tr("svd  status = completed  ppl < 50  tag = \"for the talk\"");
    setToolTip(lines.join(QLatin1Char('\n')));
    m_completer->setCompletionMode(QCompleter::UnfilteredPopupCompletion);
    m_completer->setWidget(this);
    connect(this, &QLineEdit::textEdited, this, &FilterLine::offer);
    connect(m_completer, qOverload<const QString&>(&QCompleter::activated), this,
            &FilterLine::take);
}

QStringList FilterLine::offered() const {
    return m_completer->popup()->isVisible() ? m_candidates->stringList() : QStringList();
}

void FilterLine::offer() {
    const FilterCompletion completion = completeFilter(text().left(cursorPosition()), m_runs());
    const bool useful =
        cursorPosition() == text().size() && !text().isEmpty() && !completion.candidates.isEmpty();
    if (!useful) return m_completer->popup()->hide();
    m_begin = completion.begin;
    m_candidates->setStringList(completion.candidates);
    m_completer->complete();
}

void FilterLine::take(const QString& candidate) {
    setText(text().left(m_begin) + candidate);
    Q_EMIT textEdited(text());
}

}  // namespace skd
