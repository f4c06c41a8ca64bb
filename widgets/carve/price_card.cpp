#include "carve/price_card.h"

#include <QPushButton>
#include <cmath>

#include "charts/views/trail_bar.h"
#include "controls/build.h"
#include "controls/choice_button.h"
#include "controls/fact_list.h"
#include "style/format.h"

namespace skd {

namespace {

/// "≈ 52.3", beside a measurement of the same profile.
QString sizeText(const SizePerplexity& known) {
    const QString value = formatPerplexity(known.value);
    if (known.kind == SizePerplexity::Kind::Node) return PriceCard::tr("node %1").arg(value);
    if (known.kind == SizePerplexity::Kind::Interpolated)
        return PriceCard::tr("path ≈ %1").arg(value);
    if (known.kind == SizePerplexity::Kind::Estimate)
        return PriceCard::tr("estimate (%1)").arg(value);
    return PriceCard::tr("nothing to compare with");
}

}  // namespace

PriceCard::PriceCard(const Sources& sources, QWidget* parent)
    : Card(tr("Price"), parent),
      m_state(sources.state),
      m_preview(sources.preview),
      m_monitor(sources.monitor),
      m_reference(sources.reference),
      m_speed(sources.speed),
      m_elastic(sources.elastic) {
    buildModel();
    buildPrice();
    buildPreview();
    connect(&m_state, &CarveState::planChanged, this, &PriceCard::showPrice);
    connect(&m_preview, &PreviewRunner::changed, this, &PriceCard::showPreview);
    connect(&m_monitor, &RunMonitor::changed, this, &PriceCard::showPreview);
    connect(&m_reference, &CarveReference::changed, this, &PriceCard::showReference);
    connect(&m_elastic, &ElasticChoice::changed, this, &PriceCard::showModel);
    connect(&m_state, &CarveState::planChanged, this, &PriceCard::showPlace);
    showModel();
    showPrice();
    showPreview();
}

/// What the page is over: a model that is cut, or an elastic run that has recovered.
void PriceCard::buildModel() {
    m_badge = makeLabel(tr("recovered"), TextRole::Small, "accent", this, "carve.badge");
    m_badge->setToolTip(
        tr("these are sizes of a run that was trained at all of them: perplexities are those after "
           "recovery"));
    m_badge->hide();
    addLeftControl(m_badge);
    m_model = new ChoiceButton("carve.model", tr("What the faders move"), {},
                               {{tr("a cut"), {}, 0}}, this);
    m_model->setMaximumText(scaledByText(90));
    addControl(m_model);
    connect(m_model, &ChoiceButton::chosen, this,
            [this](int run) { m_elastic.choose(RunId(run)); });
}

void PriceCard::showModel() {
    std::vector<ChoiceButton::Choice> choices{
        {tr("a cut"), tr("a model that is cut, before any recovery"), 0}};
    for (const ElasticChoice::Run& run : m_elastic.runs())
        choices.push_back({tr("run:%1 %2").arg(run.id.value()).arg(run.name),
                           tr("sizes of the elastic run “%1”, after recovery").arg(run.name),
                           run.id.value()});
    m_model->setVisible(choices.size() > 1);
    m_model->setChoices(std::move(choices));
    m_model->setValue(static_cast<int>(m_elastic.chosen().value()));
    m_badge->setVisible(m_state.sizes() != nullptr);
    m_caption->setText(m_state.sizes() != nullptr ? tr("Perplexity, recovered")
                                                  : tr("Perplexity, preview"));
    m_perplexity->setAccessibleName(m_caption->text());
    showPlace();
    showPreview();
}

void PriceCard::showPlace() {
    m_place->setVisible(m_state.sizes() != nullptr);
    if (m_state.sizes() == nullptr) return;
    const std::int64_t segments = m_state.sizes()->positionOf(m_state.snapshot().ranks).segments;
    const QString reference = asText(m_state.sizes()->reference(m_state.snapshot().ranks).text());
    m_place->setToolTip(
        tr("%1 names the path's model of this size, for exports and every other command.\nSegments "
           "are the steps of the path between that profile and this one.")
            .arg(reference));
    m_place->setText(
        segments == 0
            ? tr("on the path: %1").arg(reference)
            : tr("%1 segments off the path", nullptr, static_cast<int>(segments)).arg(segments));
}

QString PriceCard::sizeDetail(const SizePerplexity& known) const {
    switch (known.kind) {
        case SizePerplexity::Kind::Node:
            return tr("measured at %1 when the run ended").arg(formatPercent(known.larger, 0));
        case SizePerplexity::Kind::Interpolated:
            return tr("between the nodes %1 and %2")
                .arg(formatPercent(known.larger, 0), formatPercent(known.smaller, 0));
        case SizePerplexity::Kind::Estimate:
            return tr("the path's where its cut loses as much, at %1")
                .arg(formatPercent(known.larger));
        case SizePerplexity::Kind::None:
            break;
    }
    return tr("nothing is known of this profile");
}

/// Three kinds that never look alike: a figure with ±, one with ≈ in italics, one in brackets.
void PriceCard::showSize() {
    const SizePerplexity known = m_state.sizePerplexity();
    const QString value = formatPerplexity(known.value);
    switch (known.kind) {
        case SizePerplexity::Kind::Node:
            return writeSize(value,
                             std::isfinite(known.standardError)
                                 ? tr("± %1").arg(formatValue(1.96 * known.standardError))
                                 : QString(),
                             sizeDetail(known), "accent");
        case SizePerplexity::Kind::Interpolated:
            return writeSize(tr("≈ %1").arg(value), tr("interpolated"), sizeDetail(known), "");
        case SizePerplexity::Kind::Estimate:
            return writeSize(tr("(%1)").arg(value), tr("estimate"), sizeDetail(known), "secondary");
        case SizePerplexity::Kind::None:
            break;
    }
    writeSize(QStringLiteral("–"), {}, sizeDetail(known), "secondary");
}

void PriceCard::writeSize(const QString& figure, const QString& kind, const QString& detail,
                          const char* tone) {
    m_perplexity->setText(figure);
    styleFigure(tone, qstrcmp(tone, "accent") != 0);
    m_interval->setText(kind);
    m_previewDetail->setText(detail);
}

/// What was not measured stands in italics.
void PriceCard::styleFigure(const char* tone, bool italic) {
    setTone(m_perplexity, tone);
    QFont font = textFont(TextRole::Figure);
    font.setItalic(italic);
    m_perplexity->setFont(font);  // last: another tone brings the style's own font
}

void PriceCard::buildPrice() {
    auto* caption = makeLabel(tr("MLP parameters removed"), TextRole::Body, "secondary", this);
    m_removed = makeLabel({}, TextRole::Figure, "", this, "price.removed");
    m_removed->setAccessibleName(caption->text());
    m_removedDetail = wrapped(makeLabel({}, TextRole::Small, "secondary", this));
    m_behind = makeLabel({}, TextRole::Small, "secondary", this, "price.compared");
    m_behind->hide();
    m_channels = wrapped(makeLabel(tr("A run may narrow these MLPs too; this page cuts by rank."),
                                   TextRole::Small, "secondary", this));
    m_channels->setObjectName(QStringLiteral("price.channels"));
    m_channels->setToolTip(
        tr("prune.mlp_arm of a run chooses widths within its budget; a run that "
           "starts with this profile has prune.mlp_arm = factored"));
    m_channels->hide();
    m_place = makeLabel({}, TextRole::Small, "secondary", this, "price.place");
    m_place->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_place->hide();
    m_facts = new FactList(this);
    m_factAll = m_facts->add("all", tr("All parameters"),
                             tr("share of all parameters of the model that is removed"));
    m_factSize =
        m_facts->add("size", tr("Size (bf16)"), tr("two bytes per parameter that remains"));
    m_factFlops = m_facts->add("flops", tr("GEMM FLOPs"),
                               tr("matrix products per token, against the dense model"));
    m_factTtft = m_facts->add("ttft", tr("TTFT, predicted"));
    m_factKl =
        m_facts->add("kl", tr("KL, predicted"),
                     tr("nats per token: sum over matrices of measured weight × energy cut off"));
    addAll(body(), {caption, m_removed, m_removedDetail, m_place, m_behind, m_channels, gap(8),
                    m_facts, gap(12)});
}

void PriceCard::buildPreview() {
    m_caption = makeLabel(tr("Perplexity, preview"), TextRole::Body, "secondary", this);
    m_perplexity = makeLabel({}, TextRole::Figure, "accent", this, "price.perplexity");
    m_perplexity->setAccessibleName(m_caption->text());
    m_interval = makeLabel({}, TextRole::Strong, "secondary", this);
    m_interval->setToolTip(tr("95 % interval of the estimate"));
    m_previewDetail = wrapped(makeLabel({}, TextRole::Small, "secondary", this));
    m_previewDetail->setObjectName(QStringLiteral("price.detail"));
    m_previewDetail->setMinimumHeight(2 * m_previewDetail->fontMetrics().lineSpacing());
    m_open = makeButton(tr("Open the model"), "price.open", {}, this);
    m_trail = named(new TrailBar(this), "price.trail");
    m_trailText = wrapped(makeLabel({}, TextRole::Small, "secondary", this));
    auto* figure = makeRow();
    figure->addWidget(m_perplexity);
    figure->addSpacing(4);
    figure->addWidget(m_interval, 1, Qt::AlignBottom);
    addAll(body(), {m_caption, figure, m_previewDetail, gap(4)});
    body()->addWidget(m_open, 0, Qt::AlignLeft);
    addAll(body(), {gap(8), {m_trail, 1}, gap(3), m_trailText, rest(0)});
    connect(m_open, &QPushButton::clicked, this, &PriceCard::openModelRequested);
    connect(m_trail, &TrailBar::activated, &m_preview, &PreviewRunner::goBackTo);
}

void PriceCard::showPrice() {
    if (!m_state.hasAnalysis()) {
        m_removed->setText(QStringLiteral("–"));
        return;
    }
    const Price& price = m_state.price();
    const auto mlp = static_cast<double>(m_state.plan().analysis().model.mlpParameters);
    m_removed->setText(formatPercent(price.mlpRemoved));
    m_removedDetail->setText(
        tr("%1 of %2 · %3")
            .arg(formatCount(price.mlpRemoved * mlp), formatCount(mlp), m_state.snapshot().text()));
    m_factAll->set(formatRemoved(price.parametersRemoved));
    m_factSize->set(formatMegabytes(price.bytes));
    m_factFlops->set(formatRemoved(1 - price.gemmFlops));
    m_factKl->set(formatValue(price.predictedKl));
    m_channels->setVisible(!m_state.plan().analysis().channels.empty());
    showSpeed();
    showReference();
}

void PriceCard::showSpeed() {
    const CarveSpeed::Prediction speed = m_speed.predict(m_state);
    QString text = tr("not measured");
    if (std::isfinite(speed.factor))
        text = formatFactor(speed.factor);
    else if (std::isfinite(speed.mlp))
        text = tr("MLP %1").arg(formatFactor(speed.mlp));
    m_factTtft->set(text);
    m_factTtft->setTip(speed.basis);
}

void PriceCard::showReference() {
    m_behind->setVisible(m_reference.active());
    if (!m_reference.active()) return;
    const RunRow& row = m_reference.row();
    QString figures = formatPercent(row.mlpRemoved);
    if (!std::isnan(row.postPrunePpl))
        figures += tr(" · PPL %1").arg(formatPerplexity(row.postPrunePpl));
    const int room =
        std::max(60, width() - 28 -
                         m_behind->fontMetrics().horizontalAdvance(QStringLiteral(": ") + figures));
    m_behind->setText(tr("%1: %2").arg(
        m_behind->fontMetrics().elidedText(m_reference.name(), Qt::ElideMiddle, room), figures));
    m_behind->setToolTip(tr("%1: %2 of the MLP parameters removed; perplexity after pruning %3, "
                            "after distillation %4")
                             .arg(m_reference.name(), formatPercent(row.mlpRemoved),
                                  formatPerplexity(row.postPrunePpl),
                                  formatPerplexity(row.postKdPpl)));
}

void PriceCard::showFigure(const PreviewReady& result, bool stale) {
    m_perplexity->setText(formatPerplexity(result.perplexity));
    m_interval->setText(QStringLiteral("± %1").arg(formatValue((result.high - result.low) / 2)));
    styleFigure(stale ? "secondary" : "accent", false);
    m_previewDetail->setText(
        stale ? tr("measuring…")
              : tr("dense %1 · %2 tokens · %3 s")
                    .arg(formatPerplexity(result.densePerplexity), formatCount(result.tokens))
                    .arg(result.seconds, 0, 'f', 1));
}

/// Without a model: a stored run with exactly these ranks still has something to say.
void PriceCard::showRecorded() {
    if (m_state.sizes() != nullptr) return showSize();
    const int index = m_preview.currentTry();
    const bool known = index >= 0;
    m_interval->clear();
    m_perplexity->setText(QStringLiteral("–"));
    styleFigure(known ? "accent" : "secondary", false);
    QString text = m_monitor.canRun() ? tr("open the model to measure")
                                      : tr("read-only: nothing is measured here");
    if (known) {
        const CarveTry& entry = m_preview.tries()[index];
        m_perplexity->setText(formatPerplexity(entry.result.perplexity));
        text = tr("recorded after pruning, %1 · dense %2")
                   .arg(entry.name, formatPerplexity(entry.result.densePerplexity));
    }
    if (m_monitor.state() == RunMonitor::State::Loading) text = tr("opening the model…");
    m_previewDetail->setText(text);
}

void PriceCard::showPreview() {
    const PreviewRunner::State state = m_preview.state();
    m_open->setVisible(m_monitor.canRun() && !m_preview.canMeasure() &&
                       m_monitor.state() != RunMonitor::State::Loading);
    const bool recovered = m_state.sizes() != nullptr;
    const bool current = !recovered || state == PreviewRunner::State::Measured;
    if (m_preview.canMeasure() && state == PreviewRunner::State::Failed) {
        m_perplexity->setText(QStringLiteral("–"));
        m_interval->clear();
        m_previewDetail->setText(m_preview.problem());
    } else if (m_preview.canMeasure() && m_preview.latest() && current) {
        showFigure(*m_preview.latest(), state == PreviewRunner::State::Measuring);
        if (recovered)
            m_previewDetail->setText(
                tr("preview of this profile · %1").arg(sizeText(m_state.sizePerplexity())));
    } else {
        showRecorded();
        if (state == PreviewRunner::State::Measuring && !recovered)
            m_previewDetail->setText(m_monitor.running()
                                         ? tr("measured as soon as the run allows it")
                                         : tr("measuring…"));
    }
    showTrail();
}

void PriceCard::showTrail() {
    std::vector<TrailBar::Bar> bars;
    const int current = m_preview.currentTry();
    for (const CarveTry& entry : m_preview.tries()) {
        const QString what = entry.recorded ? tr("recorded: %1").arg(entry.name) : tr("preview");
        bars.push_back({entry.result.perplexity, static_cast<int>(bars.size()) == current,
                        entry.recorded,
                        tr("PPL %1 at %2 removed (%3)")
                            .arg(formatPerplexity(entry.result.perplexity),
                                 formatPercent(entry.removed), what)});
    }
    const int count = static_cast<int>(bars.size());
    m_trail->setVisible(count > 0);
    m_trailText->setText(count == 0 ? QString() : tr("last tries: %1, click to return").arg(count));
    m_trail->setBars(std::move(bars));
}

}  // namespace skd
