#include "tokenizer/files/json_fields.h"

#include "base/text.h"

namespace skd {
namespace {

tl::unexpected<Error> wrongType(std::string_view where, std::string_view key,
                                std::string_view wanted, const Json* found) {
    return fail(ErrorCode::Corrupt,
                strCat(where, ": \"", key, "\" must be ", wanted,
                       found ? strCat(", not ", found->type_name()) : ", but is missing"));
}

}  // namespace

const Json* findMember(const Json& object, std::string_view key) {
    if (!object.is_object()) return nullptr;
    const auto member = object.find(key);
    return member == object.end() || member->is_null() ? nullptr : &*member;
}

Result<bool> boolMember(const Json& object, std::string_view key, bool missing,
                        std::string_view where) {
    const Json* member = findMember(object, key);
    if (!member) return missing;
    if (const auto value = valueAs<bool>(*member)) return *value;
    return wrongType(where, key, "true or false", member);
}

Result<std::string> stringMember(const Json& object, std::string_view key, std::string_view where) {
    const Json* member = findMember(object, key);
    if (auto value = member ? valueAs<std::string>(*member) : std::nullopt)
        return std::move(*value);
    return wrongType(where, key, "a string", member);
}

Result<std::string> optionalString(const Json& object, std::string_view key,
                                   std::string_view where) {
    if (!findMember(object, key)) return std::string();
    return stringMember(object, key, where);
}

Result<const Json*> arrayMember(const Json& object, std::string_view key, std::string_view where) {
    const Json* member = findMember(object, key);
    if (!member || !member->is_array()) return wrongType(where, key, "an array", member);
    return member;
}

Result<std::string> partType(const Json& part, std::string_view where) {
    if (!part.is_object())
        return fail(ErrorCode::Corrupt,
                    strCat(where, " must be an object, not ", part.type_name()));
    return stringMember(part, "type", where);
}

tl::unexpected<Error> unsupported(std::string_view where, std::string_view type,
                                  std::string_view known) {
    return fail(ErrorCode::Unsupported,
                strCat(where, " of type \"", type, "\" is not supported (known: ", known, ")"));
}

}  // namespace skd
