#pragma once

#include "controls/page.h"

namespace skd {

struct PageEntry {
    QString id;     ///< for settings, screenshots and object names
    QString title;  ///< translated
    Page* (*make)(const PageContext& context, QWidget* parent);
};

/// All pages, in the order of their tabs. A new page is one more line in registry.cpp.
std::vector<PageEntry> pageRegistry();

}  // namespace skd
