#pragma once

#include <QObject>
#include <QProcess>
#include <QTimer>

namespace skd {

/// Fetches the sample model with packaging/get-model, the program's own script, and tells how far
/// it is by what has arrived on the disk.
class SampleModel : public QObject {
    Q_OBJECT
public:
    explicit SampleModel(QObject* parent = nullptr);
    ~SampleModel() override;

    /// The script; "" where this installation has none.
    [[nodiscard]] const QString& script() const { return m_script; }
    /// Another script in its place; its model comes into models below `folder`, by default .deps
    /// beside the script's folder.
    void setScript(const QString& script, const QString& folder = {});
    [[nodiscard]] bool running() const { return m_process.state() != QProcess::NotRunning; }
    /// Between 0 and 1.
    [[nodiscard]] double fraction() const { return m_fraction; }
    void start();
    void cancel();

Q_SIGNALS:
    void progressed();
    /// `message` says what went wrong, or where the model is.
    void finished(bool done, const QString& message);

private:
    void look();
    void onFinished(int code);
    QProcess m_process;
    QTimer m_timer;
    QString m_script, m_folder;
    double m_fraction = 0;
    bool m_cancelled = false;
};

}  // namespace skd
