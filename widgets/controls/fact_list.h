#pragma once

#include <QFrame>

class QLabel;
class QVBoxLayout;

namespace skd {

/// One row of a FactList: a name and its value.
class Fact : public QFrame {
    Q_OBJECT
public:
    /// The value's object name is "fact." and `id`.
    Fact(const char* id, const QString& name, QWidget* parent);
    void set(const QString& value);
    void setTip(const QString& tip);

private:
    QLabel* m_value;
};

/// Rows "name … value" with thin rules between them.
class FactList : public QWidget {
    Q_OBJECT
public:
    explicit FactList(QWidget* parent = nullptr);
    Fact* add(const char* id, const QString& name, const QString& tip = {});

private:
    QVBoxLayout* m_rows;
};

}  // namespace skd
