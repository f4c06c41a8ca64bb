#include "bridge/store_reader.h"

namespace skd {

StoreReader::StoreReader(std::filesystem::path workspace, QObject* parent)
    : QObject(parent), m_workspace(std::move(workspace)) {
    m_thread.setMaxThreadCount(1);
    m_thread.setExpiryTimeout(-1);
}

StoreReader::~StoreReader() {
    m_thread.clear();
    m_thread.waitForDone();
}

bool StoreReader::store() {
    if (m_store) return true;
    auto opened = RunStore::open(m_workspace);  // tried again each time: the file may appear later
    if (opened)
        m_store = std::move(*opened);
    else
        m_error = opened.error();
    return m_store != nullptr;
}

}  // namespace skd
