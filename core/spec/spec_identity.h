#pragma once

#include <algorithm>

#include "spec/field_describer.h"

namespace skd {

/// Removes later fields (FieldInfo::isLater) that have the value of versions without them, in
/// elements of lists as well, and the groups that nothing is left of.
inline void dropLaterFields(Json& json, const std::vector<FieldDescription>& fields) {
    for (const FieldDescription& field : fields) {
        std::string path = "/" + field.path;
        std::replace(path.begin(), path.end(), '.', '/');
        const Json::json_pointer place(path), group = place.parent_pointer();
        for (Json& element : json.at(place))
            if (element.is_object()) dropLaterFields(element, field.elements);
        if (!field.info.isLater || json.at(place) != field.valueBefore()) continue;
        json.at(group).erase(place.back());
        if (!group.empty() && json.at(group).empty())
            json.at(group.parent_pointer()).erase(group.back());
    }
}

/// A spec as JSON without the later fields (FieldInfo::isLater) that have the value of versions
/// without them: the text that those wrote of it. Checkpoints are recognised by its hash, so that
/// an interrupted run continues in a version that knows more fields.
template <class Spec>
Json specIdentity(const Spec& spec) {
    Json json = specToJson(spec);
    FieldDescriber describer;
    const Spec defaults;
    Spec::visitFields(defaults, describer);
    dropLaterFields(json, describer.take());
    return json;
}

}  // namespace skd
