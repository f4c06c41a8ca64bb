#pragma once

#include <QDialog>
#include <vector>

#include "charts/exportable_view.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;

namespace skd {

/// The views of a page with their pictures, and the file that one of them is to become.
class ExportDialog : public QDialog {
    Q_OBJECT
public:
    /// `chosen` may be null. The views outlive the dialog.
    ExportDialog(std::vector<ExportableView*> views, const ExportableView* chosen, QWidget* parent);

    [[nodiscard]] ViewExportOptions options() const;
    [[nodiscard]] ExportableView* view() const;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void buildViews(const ExportableView* chosen);
    void buildForm(QFormLayout* form);
    void connectParts();
    void onView();
    void onFormat();
    void proposePath();
    void showPreview();
    void remark();
    void browse();
    void carryOut();
    [[nodiscard]] QString textPreview() const;

    std::vector<ExportableView*> m_views;
    QListWidget* m_list;
    QLabel *m_preview, *m_remark;
    QComboBox *m_format, *m_scale;
    QDoubleSpinBox *m_width, *m_height;
    QCheckBox* m_paper;
    QLineEdit* m_path;
    QPushButton *m_browse, *m_export;
    QString m_folder;
};

}  // namespace skd
