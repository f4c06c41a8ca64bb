#pragma once

#include <QWidget>

#include "bridge/model_names.h"
#include "charts/plot/plot_view.h"
#include "results/benchmark_report.h"

class QSortFilterProxyModel;

namespace skd {

class BenchmarkTableModel;
class Card;
class ChoiceButton;
class DataTable;

/// Time, memory and throughput of every model against the batch: a chart and its table.
class BenchmarkView : public QWidget {
    Q_OBJECT
public:
    enum class Figure { Ttft, Tpot, Memory, Rate };

    explicit BenchmarkView(ModelNames& names, QWidget* parent = nullptr);
    void setReport(BenchmarkReport report);
    void setEmptyText(const QString& text);
    void setFigure(Figure figure);

private:
    void buildPlot();
    void buildTable();
    void draw();
    void drawModel(std::size_t model, PlotAnnotations& annotations);
    void fillTable();
    [[nodiscard]] Spread figure(const BenchmarkCell& cell) const;
    [[nodiscard]] QString figureText(double value) const;
    [[nodiscard]] QString hoverText(double x) const;

    ModelNames& m_names;
    BenchmarkReport m_report;
    Figure m_figure = Figure::Ttft;
    Card *m_plotCard, *m_tableCard;
    PlotView* m_plot;
    ChoiceButton *m_choice, *m_scale;
    BenchmarkTableModel* m_model;
    QSortFilterProxyModel* m_sorted;
    DataTable* m_table;
};

}  // namespace skd
