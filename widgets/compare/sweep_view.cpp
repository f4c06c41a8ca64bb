#include "charts/views/parallel_plot.h"
#include "compare/compare_view.h"

#include <QPushButton>
#include <algorithm>
#include <cmath>

#include "controls/choice_button.h"
#include "spec/config_diff.h"
#include "style/format.h"

namespace skd {

namespace {

constexpr std::size_t kMostFields = 10;  ///< axes of settings; more cannot be read
constexpr qsizetype kMostWords = 24;  ///< a field with more different words says nothing on an axis

/// Figures over two decades and more read better on a log axis.
bool spansDecades(const std::vector<double>& values) {
    double low = INFINITY, high = -INFINITY;
    for (double value : values) {
        if (std::isnan(value)) continue;
        low = std::min(low, value);
        high = std::max(high, value);
    }
    return low > 0 && high / low > 50;
}

/// A field's values as figures, or as places in a list of words; false where it fits no axis.
bool axisOf(const FieldDifference& field, ParallelAxis& axis, std::vector<double>& values) {
    const bool structured = std::any_of(field.values.begin(), field.values.end(),
                                        [](const Json& v) { return v.is_structured(); });
    if (structured || field.path == "name") return false;
    const bool figures = std::all_of(field.values.begin(), field.values.end(),
                                     [](const Json& v) { return v.is_number() || v.is_null(); });
    for (const Json& value : field.values) {
        if (value.is_null()) {
            values.push_back(std::nan(""));
        } else if (figures) {
            values.push_back(valueOr(value, 0.0));
        } else {
            const QString word = asText(shownValue(value));
            if (!axis.words.contains(word)) axis.words << word;
            values.push_back(static_cast<double>(axis.words.indexOf(word)));
        }
    }
    axis.name = asText(field.path);
    axis.text = formatTick;
    axis.log = figures && spansDecades(values);
    return axis.words.size() <= kMostWords;
}

class SweepView : public CompareView {
    Q_DECLARE_TR_FUNCTIONS(skd::SweepView)
public:
    explicit SweepView(QWidget* parent)
        : CompareView(parent),
          m_plot(named(new ParallelPlot(tr("Settings and results of the runs selected"), this),
                       "compare.sweep")) {
        m_count = makeLabel({}, TextRole::Small, "secondary", this, "compare.sweep.count");
        m_clear = makeButton(tr("all again"), "compare.sweep.clear",
                             tr("Remove all brushes (Escape)"), this);
        m_clear->setFont(textFont(TextRole::Small));
        m_clear->setProperty("link", true);
        std::vector<ChoiceButton::Choice> figures;
        for (RunFigure figure : {RunFigure::PostKdPpl, RunFigure::PostPrunePpl, RunFigure::Recovery,
                                 RunFigure::MlpRemoved, RunFigure::Seconds})
            figures.push_back({infoOf(figure).name, {}, figure});
        m_last = new ChoiceButton("compare.sweep.last", tr("Last axis and colour"), tr("colour: "),
                                  std::move(figures), this);
        addControls({m_count, m_clear, m_last});
        fill(m_plot);
        passOn(m_plot);
        connect(m_last, &ChoiceButton::chosen, this, &SweepView::draw);
        connect(m_clear, &QPushButton::clicked, m_plot, &ParallelPlot::clearBrushes);
        connect(m_plot, &ParallelPlot::brushed, this, &SweepView::showCount);
        showCount(0, 0);
    }

private:
    void draw() override {
        if (m_scene.data == nullptr) return;
        m_axes.clear();
        m_lines.clear();
        std::vector<const ComparedRun*> runs;
        for (RunId id : m_scene.runs) {
            const ComparedRun* run = m_scene.data->find(id);
            if (run == nullptr || !m_scene.data->hasDetails(id)) continue;
            runs.push_back(run);
            m_lines.push_back({id.value(),
                               asText(run->row.name),
                               {},
                               id == m_scene.current && m_scene.runs.size() > 1});
        }
        m_plot->setEmptyText(tr(
            "Select the runs of a sweep in the list on the left, several with Ctrl or Shift, or a "
            "whole group."));
        if (runs.size() < 2) return m_plot->setData({}, {});
        addFields(runs);
        addFigures(runs);
        m_plot->setData(m_axes, m_lines);
    }
    void addFields(const std::vector<const ComparedRun*>& runs) {
        std::vector<Json> specs;
        for (const ComparedRun* run : runs) specs.push_back(run->spec);
        for (const FieldDifference& field : configDiff(specs)) {
            ParallelAxis axis;
            std::vector<double> values;
            if (m_axes.size() < kMostFields && axisOf(field, axis, values))
                addAxis(std::move(axis), values);
        }
    }
    /// What came out, the chosen figure last.
    void addFigures(const std::vector<const ComparedRun*>& runs) {
        const auto last = static_cast<RunFigure>(m_last->value());
        std::vector<RunFigure> shown{RunFigure::MlpRemoved, RunFigure::PostPrunePpl,
                                     RunFigure::PostKdPpl};
        std::erase(shown, last);
        shown.push_back(last);
        for (RunFigure figure : shown) {
            const FigureInfo& info = infoOf(figure);
            std::vector<double> values;
            for (const ComparedRun* run : runs) values.push_back(figureOf(*run, figure));
            const bool any = std::any_of(values.begin(), values.end(),
                                         [](double v) { return std::isfinite(v); });
            if (any || figure == last) addAxis({info.name, info.log, {}, info.text}, values);
        }
    }
    void addAxis(ParallelAxis axis, const std::vector<double>& values) {
        m_axes.push_back(std::move(axis));
        for (std::size_t i = 0; i < m_lines.size(); ++i) m_lines[i].values.push_back(values[i]);
    }
    void showCount(int passing, int all) {
        m_count->setText(tr("%1 of %2 runs").arg(passing).arg(all));
        m_clear->setVisible(passing < all);
    }

    ParallelPlot* m_plot;
    ChoiceButton* m_last;
    QLabel* m_count;
    QPushButton* m_clear;
    std::vector<ParallelAxis> m_axes;
    std::vector<ParallelLine> m_lines;
};

}  // namespace

CompareView* makeSweepView(QWidget* parent) {
    return new SweepView(parent);
}

}  // namespace skd
