#pragma once

#include <string>

#include "base/fields.h"

namespace skd {

enum class StudentStart { Model, Fresh };
template <>
inline constexpr auto kNames<StudentStart> = names<StudentStart>({"model", "fresh"});

/// Whose probabilities are distilled, and from which weights the student starts.
struct TeacherSpec {
    std::string path;
    StudentStart student = StudentStart::Model;

    bool operator==(const TeacherSpec&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("path", self.path,
                      {"empty: the run's own model before pruning; run:N: what run N ended with; "
                       "run:N@STEP: its checkpoint; or another model with the same tokeniser"});
        visitor.field("student", self.student,
                      {"weights the student starts with: the model's, or fresh random "
                       "ones of the same shape (Born-Again)"});
    }
};

}  // namespace skd
