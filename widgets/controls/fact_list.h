#pragma once

#include <QFrame>
#include <QLabel>
#include <QVBoxLayout>
#include <map>

namespace skd {

/// Rows "name … value" with thin rules between them.
class FactList : public QWidget {
    Q_OBJECT
public:
    explicit FactList(QWidget* parent = nullptr);
    void addFact(const QString& key, const QString& name, const QString& tip = {});
    void setFact(const QString& key, const QString& value);
    void setTip(const QString& key, const QString& tip);
    void setShown(const QString& key, bool shown);
    [[nodiscard]] QString fact(const QString& key) const;

private:
    struct Row {
        QFrame* row = nullptr;
        QLabel* value = nullptr;
    };
    std::map<QString, Row> m_rows;
    QVBoxLayout* m_layout;
};

}  // namespace skd
