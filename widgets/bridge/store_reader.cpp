#include "bridge/store_reader.h"

namespace skd {

StoreReader::StoreReader(std::filesystem::path workspace, QObject* parent)
    : QObject(parent), m_workspace(std::move(workspace)), m_worker(new QObject) {
    m_thread.setObjectName(QStringLiteral("store reader"));
    m_worker->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    m_thread.start();
}

StoreReader::~StoreReader() {
    m_thread.quit();
    m_thread.wait();
}

void StoreReader::post(std::function<void()> job) {
    QMetaObject::invokeMethod(m_worker, std::move(job), Qt::QueuedConnection);
}

bool StoreReader::store() {
    if (m_store) return true;
    auto opened = RunStore::open(m_workspace);  // tried anew each time: the file may appear later
    if (opened)
        m_store = std::move(*opened);
    else
        m_error = opened.error();
    return m_store != nullptr;
}

}  // namespace skd
