#pragma once

#include <QAbstractTableModel>

#include "plan/study_draft.h"

namespace skd {

/// A table over one part of a study draft; rows are edited in place, and what cannot be read is
/// refused with a sentence.
class StudyTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    explicit StudyTableModel(StudyDraft& draft, QObject* parent = nullptr);
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    /// A new row at the end; returns its number.
    virtual int addRow() = 0;
    virtual void removeRow(int row) = 0;

Q_SIGNALS:
    void problemReported(const QString& message);

protected:
    /// False, and the sentence is said, where `status` is an error.
    bool accept(const Status& status);
    StudyDraft& m_draft;
    QStringList m_columns;

private:
    /// What is selected stays selected while rows only change.
    void follow();
    int m_rows = 0;
};

/// What is compared: name, fields that differ from the base, and where it runs.
class VariantsModel : public StudyTableModel {
    Q_OBJECT
public:
    enum Column { Name, Fields, OneSeed, Grid };
    explicit VariantsModel(StudyDraft& draft, QObject* parent = nullptr);
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    int addRow() override;
    void removeRow(int row) override;
};

/// Fields whose values are combined with each other.
class GridAxesModel : public StudyTableModel {
    Q_OBJECT
public:
    enum Column { Field, Values };
    explicit GridAxesModel(StudyDraft& draft, QObject* parent = nullptr);
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    int addRow() override;
    void removeRow(int row) override;

private:
    [[nodiscard]] std::string fieldAt(int row) const;
};

}  // namespace skd
