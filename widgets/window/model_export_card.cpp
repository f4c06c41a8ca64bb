#include "window/model_export_card.h"

#include <QApplication>
#include <QClipboard>
#include <QPushButton>
#include <QTextBrowser>

#include "base/files.h"
#include "bridge/text.h"
#include "controls/build.h"
#include "style/format.h"

namespace skd {

namespace {

constexpr std::uint64_t kLongestCard = 1 << 20;  ///< bytes

/// The card without what stands before it for other programs.
QString cardOf(const std::filesystem::path& folder) {
    const auto text = readFile(folder / "README.md", kLongestCard);
    if (!text) return asText(text.error());
    const std::size_t end = text->find("\n---\n", 3);
    return asText(end == std::string::npos ? *text : text->substr(end + 5));
}

}  // namespace

ModelExportCard::ModelExportCard(QWidget* parent) : QWidget(parent) {
    m_facts = wrapped(makeLabel({}, TextRole::Body, "", this, "exportModel.facts"));
    m_facts->setTextFormat(Qt::PlainText);
    m_facts->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_commands = makeColumn(6);
    m_text = named(new QTextBrowser(this), "exportModel.card", tr("Model card"));
    m_text->setOpenLinks(false);
    addAll(makeColumn(10, this), {m_facts, m_commands, {m_text, 1}});
    hide();
}

void ModelExportCard::show(const Json& record) {
    QStringList facts;
    facts << inOneLine({tr("%1 parameters").arg(formatCount(valueOr(record, "parameters", 0.0))),
                        formatMegabytes(valueOr(record, "weight_bytes", 0.0)),
                        tr("format %1").arg(asText(valueOr(record, "format", ""))),
                        asText(valueOr(record, "dtype", ""))});
    if (const Json& check = memberOf(record, "load_check"); check.is_object())
        facts << tr("Opened again: %1 of %2 greedy tokens are the model's own.")
                     .arg(valueOr(check, "equal", std::int64_t{0}))
                     .arg(valueOr(check, "tokens", std::int64_t{0}));
    if (const std::string gain = valueOr(record, "gain", ""); !gain.empty()) facts << asText(gain);
    m_facts->setText(facts.join(QLatin1Char('\n')));
    showCommands(memberOf(record, "commands"));
    m_text->setMarkdown(cardOf(valueOr(record, "out", "")));
    show();
}

void ModelExportCard::showCommands(const Json& commands) {
    while (QLayoutItem* item = m_commands->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (const Json& one : commands) {
        const QString command = asText(valueOr(one, "command", ""));
        auto* line = new QWidget(this);
        auto* text = new ElidedLabel(
            QString(command).replace(QLatin1Char('\n'), QStringLiteral("; ")), line);
        text->setTip(command);
        auto* copy = makeButton(tr("Copy"), "exportModel.copy",
                                tr("Copies what starts it: %1").arg(command), line);
        connect(copy, &QPushButton::clicked, this,
                [command] { QApplication::clipboard()->setText(command); });
        addAll(makeRow(8, line),
               {makeLabel(asText(valueOr(one, "program", "")), TextRole::Small, "secondary", line),
                {text, 1},
                copy});
        m_commands->addWidget(line);
    }
}

}  // namespace skd
