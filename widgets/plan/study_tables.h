#pragma once

#include <QAbstractTableModel>

#include "plan/study_draft.h"

namespace skd {

/// A table over one part of a study draft; rows are edited in place, and what cannot be read is
/// refused with a sentence.
class StudyTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    /// A new row at the end; returns its number.
    virtual int addRow() = 0;
    void removeRow(int row);

Q_SIGNALS:
    void problemReported(const QString& message);

protected:
    /// The first `texts` of the columns are typed into, the others ticked.
    StudyTableModel(StudyDraft& draft, QStringList columns, int texts, QObject* parent);
    [[nodiscard]] virtual std::size_t count() const = 0;
    [[nodiscard]] virtual QString text(int row, int column) const = 0;
    /// Takes over what was typed, or says what is wrong with it.
    virtual Status write(int row, int column, const QString& text) = 0;
    virtual void erase(int row) = 0;
    StudyDraft& m_draft;

private:
    /// What is selected stays selected while rows only change.
    void follow();
    QStringList m_columns;
    int m_texts, m_rows = 0;
};

/// What is compared: name, fields that differ from the base, and where it runs.
class VariantsModel : public StudyTableModel {
    Q_OBJECT
public:
    enum Column { Name, Fields, OneSeed, Grid };
    explicit VariantsModel(StudyDraft& draft, QObject* parent = nullptr);
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    int addRow() override;

private:
    [[nodiscard]] std::size_t count() const override;
    [[nodiscard]] QString text(int row, int column) const override;
    Status write(int row, int column, const QString& text) override;
    void erase(int row) override;
};

/// Fields whose values are combined with each other.
class GridAxesModel : public StudyTableModel {
    Q_OBJECT
public:
    enum Column { Field, Values };
    explicit GridAxesModel(StudyDraft& draft, QObject* parent = nullptr);
    int addRow() override;

private:
    [[nodiscard]] std::size_t count() const override;
    [[nodiscard]] QString text(int row, int column) const override;
    Status write(int row, int column, const QString& text) override;
    void erase(int row) override;
    [[nodiscard]] std::string fieldAt(int row) const;
};

}  // namespace skd
