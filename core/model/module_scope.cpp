#include "model/module_scope.h"

namespace skd {

void ModuleScope::begin(Module module) {
    m_record.emplace(at::RecordScope::USER_SCOPE);
    // Names are literals: profilers may keep the pointer.
    if (m_record->isActive()) m_record->before(std::string_view(enumName(module)));
}

}  // namespace skd
