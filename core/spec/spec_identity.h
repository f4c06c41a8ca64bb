#pragma once

#include <algorithm>

#include "spec/field_describer.h"

namespace skd {

/// A spec as JSON without the later fields (FieldInfo::isLater) that have the value of versions
/// without them: the text that those wrote of it. Checkpoints are recognised by its hash, so that
/// an interrupted run continues in a version that knows more fields. Elements of lists are whole.
template <class Spec>
Json specIdentity(const Spec& spec) {
    Json json = specToJson(spec);
    FieldDescriber describer;
    const Spec defaults;
    Spec::visitFields(defaults, describer);
    for (const FieldDescription& field : describer.take()) {
        std::string path = "/" + field.path;
        std::replace(path.begin(), path.end(), '.', '/');
        const Json::json_pointer place(path);
        if (!field.info.isLater || json.at(place) != field.valueBefore()) continue;
        json.at(place.parent_pointer()).erase(place.back());
    }
    return json;
}

}  // namespace skd
