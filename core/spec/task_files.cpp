#include "spec/task_files.h"

#include <algorithm>

#include "base/text.h"

namespace skd {

Result<std::vector<TaskFile>> parseTaskFiles(const std::vector<std::string>& texts) {
    std::vector<TaskFile> files;
    for (const std::string& text : texts) {
        const std::size_t sign = text.find('=');
        const std::string name = text.substr(0, sign);
        TaskFile file;
        if (!parseEnum(name, file.kind)) {
            const std::vector<std::string> known = enumNames<TaskKind>();
            const std::string nearest = didYouMean(name, known);
            return fail(ErrorCode::InvalidInput,
                        strCat("the task \"", name, "\" is unknown",
                               nearest.empty() ? "; choose from " + joined(known) : nearest));
        }
        if (sign == std::string::npos || sign + 1 == text.size())
            return fail(ErrorCode::InvalidInput,
                        strCat("the task ", name, " has no file; write ", name, "=FILE"));
        if (findTask(files, file.kind) != nullptr)
            return fail(ErrorCode::InvalidInput,
                        strCat("the task ", name, " is named twice; give it one file"));
        file.path = text.substr(sign + 1);
        files.push_back(std::move(file));
    }
    return files;
}

const TaskFile* findTask(const std::vector<TaskFile>& files, TaskKind kind) {
    const auto found = std::ranges::find(files, kind, &TaskFile::kind);
    return found == files.end() ? nullptr : &*found;
}

}  // namespace skd
