#pragma once

#include <QComboBox>
#include <functional>

namespace skd {

/// A model to choose from a list or to type: a folder, a .gguf file, a known name, or "run:7".
class ModelPicker : public QComboBox {
    Q_OBJECT
public:
    ModelPicker(const QString& name, const QString& placeholder, QWidget* parent = nullptr);
    /// Offers these models, as `title` writes them; what is chosen stays.
    void setChoices(const QStringList& paths, const std::function<QString(const QString&)>& title);
    [[nodiscard]] QString path() const;
    void setPath(const QString& path);
    /// The user has chosen or typed something: it is not replaced by what the page would propose.
    [[nodiscard]] bool touched() const { return m_touched; }

Q_SIGNALS:
    void pathChanged();

private:
    void fillIn(const QString& path);
    bool m_touched = false;
    bool m_filling = false;
};

}  // namespace skd
