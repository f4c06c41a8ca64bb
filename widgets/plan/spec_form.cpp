#include "plan/spec_form.h"

#include <QCheckBox>
#include <QLineEdit>
#include <QScrollArea>
#include <QToolButton>
#include <algorithm>
#include <map>

#include "controls/build.h"
#include "plan/field_row.h"
#include "style/format.h"

namespace skd {

namespace {

/// Collects what the field list says about its groups.
struct GroupHelp {
    template <class T>
    void field(const char*, const T&, const FieldInfo&) {}
    template <class T>
    void group(const char* name, const T&, const char* help) {
        helps[name] = help;
    }
    template <class T>
    void list(const char*, const std::vector<T>&, const char*) {}
    std::map<std::string, std::string> helps;
};

std::string groupOf(const std::string& path) {
    const std::size_t dot = path.find('.');
    return dot == std::string::npos ? std::string() : path.substr(0, dot);
}

}  // namespace

SpecForm::SpecForm(SpecDraft& draft, QWidget* parent) : QWidget(parent), m_draft(draft) {
    auto* layout = makeColumn(6, this);
    buildHeader(layout);
    auto* content = named(new QWidget(this), "clear");
    auto* sections = makeColumn(2, content, {0, 0, 8, 0});
    buildSections(sections);
    sections->addStretch(1);
    m_scroll = named(new QScrollArea(this), "form.scroll", tr("Fields"));
    m_scroll->setWidgetResizable(true);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    m_scroll->setWidget(content);
    layout->addWidget(m_scroll, 1);
    connect(&m_draft, &SpecDraft::changed, this, &SpecForm::refresh);
    refresh();
    filter();
}

void SpecForm::buildHeader(QVBoxLayout* layout) {
    m_search = named(new QLineEdit(this), "form.search", tr("Search fields"));
    m_search->setPlaceholderText(
        tr("Search %1 fields: name, help or choice").arg(m_draft.fields().size()));
    m_search->setClearButtonEnabled(true);
    m_changedOnly = named(new QCheckBox(tr("changed only"), this), "form.changedOnly");
    m_nothing = makeLabel({}, TextRole::Body, "secondary", this);
    addAll(layout, {addAll(makeRow(), {{m_search, 1}, m_changedOnly}), m_nothing});
    connect(m_search, &QLineEdit::textChanged, this, &SpecForm::filter);
    connect(m_changedOnly, &QCheckBox::toggled, this, &SpecForm::filter);
}

void SpecForm::buildSections(QVBoxLayout* layout) {
    GroupHelp groups;
    const RunSpec defaults;
    RunSpec::visitFields(defaults, groups);
    Section* section = nullptr;
    std::string current = "-";
    for (const FieldDescription& field : m_draft.fields()) {
        if (const std::string group = groupOf(field.path); group != current) {
            current = group;
            section = &addSection(QString::fromStdString(group),
                                  QString::fromStdString(groups.helps[group]), layout);
        }
        auto* row = new FieldRow(m_draft, field, section->body);
        section->body->layout()->addWidget(row);
        section->rows.push_back(row);
    }
}

SpecForm::Section& SpecForm::addSection(const QString& key, const QString& help,
                                        QVBoxLayout* layout) {
    Section section;
    section.name = key.isEmpty() ? tr("Run") : key.left(1).toUpper() + key.mid(1);
    section.open = key.isEmpty() || key == QLatin1String("model") || key == QLatin1String("prune");
    section.header =
        named(new QToolButton(this),
              QLatin1String("section.") + (key.isEmpty() ? QStringLiteral("run") : key),
              tr("Section %1").arg(section.name));
    section.header->setText(section.name);
    section.header->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    section.header->setProperty("section", true);
    section.header->setFont(textFont(TextRole::Strong));
    section.header->setFocusPolicy(Qt::StrongFocus);
    section.summary = makeLabel({}, TextRole::Small, "secondary", this);
    section.summary->setProperty("help", help.isEmpty() ? tr("name, seed and what is kept") : help);
    section.body = new QWidget(this);
    makeColumn(0, section.body, {20, 0, 0, 6});
    addAll(layout, {addAll(makeRow(8), {section.header, {section.summary, 1}}), section.body});
    m_sections.push_back(std::move(section));
    const std::size_t index = m_sections.size() - 1;
    connect(m_sections.back().header, &QToolButton::clicked, this, [this, index] {
        m_sections[index].open = !m_sections[index].open;
        filter();
    });
    return m_sections.back();
}

void SpecForm::filter() {
    const QStringList words = m_search->text().split(QLatin1Char(' '), Qt::SkipEmptyParts);
    const bool searching = !words.isEmpty() || m_changedOnly->isChecked();
    int found = 0;
    for (Section& section : m_sections) {
        int rows = 0;
        for (FieldRow* row : section.rows) {
            const bool shows = row->matches(words) &&
                               (!m_changedOnly->isChecked() || m_draft.isChanged(row->path()));
            row->setVisible(shows);
            rows += shows;
        }
        found += rows;
        const bool open = searching ? rows > 0 : section.open;
        section.body->setVisible(open);
        section.header->setVisible(!searching || rows > 0);
        section.summary->setVisible(!searching || rows > 0);
        section.header->setArrowType(open ? Qt::DownArrow : Qt::RightArrow);
        section.header->setAccessibleDescription(open ? tr("open") : tr("folded"));
    }
    m_nothing->setVisible(found == 0);
    m_nothing->setText(
        words.isEmpty()
            ? tr("No field differs from its default.")
            : tr("No field has “%1” in its name, help or choices.").arg(m_search->text()));
}

void SpecForm::refresh() {
    for (Section& section : m_sections) {
        qint64 changed = 0, wrong = 0;
        for (FieldRow* row : section.rows) {
            row->refresh();
            changed += m_draft.isChanged(row->path());
            wrong += !m_draft.problem(row->path()).isEmpty();
        }
        QStringList parts{section.summary->property("help").toString()};
        if (changed > 0) parts << tr("%1 changed").arg(formatWhole(changed));
        if (wrong > 0) parts << tr("⚠ %1 wrong").arg(formatWhole(wrong));
        section.summary->setText(parts.join(QStringLiteral(" · ")));
        setTone(section.summary, wrong > 0 ? "bad" : "secondary");
    }
    if (m_changedOnly->isChecked()) filter();
}

void SpecForm::showField(const std::string& path) {
    m_search->clear();
    m_changedOnly->setChecked(false);
    for (Section& section : m_sections)
        for (FieldRow* row : section.rows) {
            if (row->path() != path) continue;
            section.open = true;
            filter();
            row->editor()->setFocus();
            QTimer::singleShot(0, row, [this, row] {
                m_scroll->ensureWidgetVisible(row, 0, 60);
            });  // once it is laid out
            return;
        }
}

}  // namespace skd
