#pragma once

#include "bridge/model_names.h"
#include "charts/plot/plot_view.h"
#include "controls/grid_model.h"

namespace skd {

class Card;
class ChoiceButton;
class DataTable;

/// A benchmark as a table: one line per model and batch, medians with their quartiles, which sort
/// by their distance.
class BenchmarkTableModel : public GridModel {
    Q_OBJECT
public:
    explicit BenchmarkTableModel(QObject* parent = nullptr);
    /// `names` are those of the report's models, for display.
    void setReport(const BenchmarkReport& report, const QStringList& names);
};

/// Time, memory and throughput of every model against the batch: a chart and its table.
class BenchmarkView : public QWidget {
    Q_OBJECT
public:
    enum class Figure { Ttft, Tpot, Memory, Rate };

    /// `emptyText` stands in its middle while no benchmark is shown.
    BenchmarkView(ModelNames& names, const QString& emptyText, QWidget* parent = nullptr);
    void setReport(BenchmarkReport report);

private:
    void buildPlot();
    void buildTable();
    void draw();
    void drawModel(std::size_t model, PlotAnnotations& annotations);
    void fillTable();
    [[nodiscard]] Figure shown() const;
    [[nodiscard]] Spread figure(const BenchmarkCell& cell) const;
    [[nodiscard]] QString figureText(double value) const;
    [[nodiscard]] QString hoverText(double x) const;

    ModelNames& m_names;
    BenchmarkReport m_report;
    Card *m_plotCard, *m_tableCard;
    PlotView* m_plot;
    ChoiceButton* m_choice;
    BenchmarkTableModel* m_model;
    DataTable* m_table;
};

}  // namespace skd
