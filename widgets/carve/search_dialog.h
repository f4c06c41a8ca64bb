#pragma once

#include <QDialog>

class QDoubleSpinBox;

namespace skd {

/// Asks for the largest perplexity that a search may reach.
class SearchDialog : public QDialog {
    Q_OBJECT
public:
    static constexpr double kUsual = 1.25;  ///< times the dense model's, as a first suggestion

    explicit SearchDialog(double densePerplexity, QWidget* parent = nullptr);

Q_SIGNALS:
    void limitGiven(double perplexity);

private:
    QDoubleSpinBox* m_limit;
};

}  // namespace skd
