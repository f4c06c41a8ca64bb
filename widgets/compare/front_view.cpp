#include <QPushButton>
#include <algorithm>
#include <cmath>

#include "bridge/run_front.h"
#include "charts/plot/plot_view.h"
#include "compare/compare_view.h"
#include "results/front_curve.h"
#include "results/transfer_share.h"
#include "spec/study_spec.h"
#include "study/polish_plan.h"
#include "style/format.h"

namespace skd {

namespace {

/// Students of one size within this of a node are its dedicated ones.
constexpr double kSameNode = 0.012;

/// Tokens that a run was trained on; NaN where its record does not say.
double tokensTrained(const ComparedRun& run) {
    const auto spec = parseRunSpec(run.spec);
    if (!spec || !run.summary.kdSteps) return std::nan("");
    return static_cast<double>(*run.summary.kdSteps * spec->distill.batch *
                               spec->corpus.sequenceLength);
}

/// The front of the elastic runs selected, a line each, with runs of one size as points.
class FrontView : public CompareView {
    Q_DECLARE_TR_FUNCTIONS(skd::FrontView)
public:
    explicit FrontView(QWidget* parent)
        : CompareView(parent),
          m_plot(named(new PlotView(tr("Fronts of elastic runs"), this), "compare.front")) {
        m_plot->setLogY(true);
        m_plot->setLegend(true);
        m_plot->setXText([](double x) { return formatPercent(x, 0); }, tr("MLP removed"));
        m_plot->setYText(formatTick, tr("perplexity after recovery"));
        m_plot->setEmptyText(
            tr("No elastic run with recorded sizes is selected. Start one with elastic.smallest "
               "above 0 (New run)."));
        m_shares = named(new ElidedLabel({}, this), "compare.shares", tr("Transfer shares"));
        m_shares->setFont(textFont(TextRole::Small));
        m_shares->setProperty("tone", QStringLiteral("secondary"));
        m_shares->setTip(
            tr("φ: tokens that runs of one size need for the same perplexity, over the tokens of "
               "the elastic run; from the runs of that size that are selected"));
        buildButtons();
        fill(m_plot, m_shares);
        connect(m_plot, &PlotView::handleMoved, this, [this](double x) {
            if (elastic() == nullptr) return;
            m_size = x;
            m_size = chosenSize();  // between those that the run has
            m_plot->setHandle(m_size, 0.01);
            showButtons();
        });
        connect(m_plot, &PlotView::markerClicked, this, [this](std::size_t marker) {
            if (marker < m_markers.size()) Q_EMIT chosen(m_markers[marker], true);
        });
    }

private:
    void buildButtons() {
        m_more = makeButton(
            tr("More tokens here"), "compare.more",
            tr("fills in New run: continues this run's factors with all sizes, half of its draws "
               "around this one"),
            this);
        m_polish = makeButton(tr("Polish this point"), "compare.polish",
                              tr("fills in New run: trains the slice of this size on by itself, "
                                 "with a third of the learning rate"),
                              this);
        addControls({m_more, m_polish});
        connect(m_more, &QPushButton::clicked, this, &FrontView::offerMore);
        connect(m_polish, &QPushButton::clicked, this, &FrontView::offerPolish);
    }
    void draw() override {
        m_plot->clearSeries();
        m_markers.clear();
        m_first = {};
        if (m_scene.data == nullptr) return;
        m_scene.data->want(m_scene.runs);
        PlotAnnotations annotations;
        for (const RunId id : m_scene.runs) drawFront(id, annotations);
        if (elastic() != nullptr)
            for (const RunId id : m_scene.runs) drawDedicated(id, annotations);
        m_plot->setAnnotations(std::move(annotations));
        m_plot->setHandle(elastic() == nullptr ? std::nullopt : std::optional(m_size), 0.01);
        showShares();
        showButtons();
    }
    void drawFront(RunId id, PlotAnnotations& annotations) {
        const ComparedRun* run = m_scene.data->find(id);
        if (run == nullptr || !run->summary.elastic) return;
        const std::vector<FrontPoint> front = recordedFront(run->summary);
        if (front.empty()) return;
        if (elastic() == nullptr) take(*run);
        const QColor color = runColor(themeColors(this), run->row);
        std::vector<double> xs, ys;
        for (const FrontPoint& point : front) {
            xs.push_back(point.removed);
            ys.push_back(point.ppl);
            annotations.markers.push_back(
                {point.removed,
                 point.ppl,
                 {},
                 color,
                 false,
                 false,
                 tr("%1\n%2 removed: %3")
                     .arg(asText(run->row.name), formatPercent(point.removed, 0),
                          formatPerplexity(point.ppl))});
            m_markers.push_back(id);
        }
        m_plot->setData(m_plot->addSeries({asText(run->row.name), color, 2.0}), std::move(xs),
                        std::move(ys));
    }
    /// The run that buttons and shares are of: the first elastic one.
    void take(const ComparedRun& run) {
        m_first = run.row.id;
        const ElasticSummary& sizes = *run.summary.elastic;
        if (!(m_size >= sizes.largest && m_size <= sizes.smallest)) m_size = sizes.selection;
    }
    void drawDedicated(RunId id, PlotAnnotations& annotations) {
        const ComparedRun* run = m_scene.data->find(id);
        if (run == nullptr || run->summary.elastic || !run->summary.postKdPpl ||
            !run->summary.targetRemoved)
            return;
        const QColor color = runColor(themeColors(this), run->row);
        const double removed = *run->summary.targetRemoved, ppl = *run->summary.postKdPpl;
        annotations.markers.push_back(
            {removed, ppl, asText(run->row.name), color, false, false,
             tr("%1, trained at this size alone\n%2 removed: %3")
                 .arg(asText(run->row.name), formatPercent(removed), formatPerplexity(ppl))});
        m_markers.push_back(id);
        SeriesStyle style{asText(run->row.name), color, 1.0, Qt::DotLine};
        m_plot->setData(m_plot->addSeries(style), {removed}, {ppl});
    }
    void showShares() {
        QStringList parts;
        if (elastic() != nullptr)
            for (const ElasticNode& node : elastic()->summary.elastic->nodes)
                if (const QString text = shareText(node); !text.isEmpty()) parts << text;
        m_shares->setText(parts.isEmpty() ? QString()
                                          : tr("φ %1").arg(parts.join(QStringLiteral(" · "))));
        m_shares->setVisible(!parts.isEmpty());
    }
    /// "35 %: 0.42"; empty where no student of the size is selected.
    [[nodiscard]] QString shareText(const ElasticNode& node) const {
        std::vector<DedicatedPoint> students;
        for (const RunId id : m_scene.runs) {
            const ComparedRun* run = m_scene.data->find(id);
            if (run == nullptr || run->summary.elastic || !run->summary.postKdPpl ||
                std::abs(valueOrNan(run->summary.targetRemoved) - node.removed) > kSameNode ||
                run->summary.protocol != elastic()->summary.protocol)
                continue;
            students.push_back({tokensTrained(*run), *run->summary.postKdPpl});
        }
        const auto share = transferShare(std::move(students), valueOrNan(node.postKdPpl),
                                         tokensTrained(*elastic()));
        if (!share) return {};
        const char* sign = share->kind == TransferShare::Kind::AtMost    ? "≤ "
                           : share->kind == TransferShare::Kind::AtLeast ? "≥ "
                                                                         : "";
        return QStringLiteral("%1: %2%3")
            .arg(formatPercent(node.removed, 0), QString::fromUtf8(sign),
                 formatValue(share->share));
    }
    void showButtons() {
        for (QPushButton* button : {m_more, m_polish}) button->setVisible(elastic() != nullptr);
        if (elastic() == nullptr) return;
        m_more->setText(tr("More tokens at %1").arg(formatPercent(chosenSize(), 0)));
        m_polish->setText(tr("Polish %1").arg(formatPercent(chosenSize(), 0)));
    }
    /// Null where no elastic run is selected.
    [[nodiscard]] const ComparedRun* elastic() const {
        return m_first == RunId{} ? nullptr : m_scene.data->find(m_first);
    }
    /// The chosen size, between those that the run has.
    [[nodiscard]] double chosenSize() const {
        const ElasticSummary& sizes = *elastic()->summary.elastic;
        return std::clamp(m_size, sizes.largest, sizes.smallest);
    }
    [[nodiscard]] RunDetails details() const {
        RunDetails details;
        details.row = elastic()->row;
        details.spec = elastic()->spec;
        details.summary = elastic()->summary;
        return details;
    }
    void offer(const Result<RunSpec>& spec) {
        if (!spec) return Q_EMIT refused(asText(spec.error().message));
        const Json json = toJson(*spec);
        FieldValues fields;
        for (const FieldDescription& field : describeRunSpec())
            fields[field.path] = valueAt(json, field.path);
        Q_EMIT offered(fields);
    }
    void offerPolish() {
        // Whole tenths of a percent, which the reference spells.
        offer(polishSpec(details(), {elastic()->row.id, std::round(chosenSize() * 1e3) / 1e3}));
    }
    void offerMore() {
        offer(moreTokensSpec(details(), {elastic()->row.id, std::round(chosenSize() * 1e3) / 1e3}));
    }

    PlotView* m_plot;
    ElidedLabel* m_shares;
    QPushButton *m_more, *m_polish;
    RunId m_first;                 ///< the elastic run that buttons and shares are of
    std::vector<RunId> m_markers;  ///< of the plot's markers
    double m_size = 0;
};

}  // namespace

CompareView* makeFrontView(QWidget* parent) {
    return new FrontView(parent);
}

}  // namespace skd
