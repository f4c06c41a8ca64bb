#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace skd {

/// Member `key` of `object`, or null when it is missing or JSON null.
const Json* findMember(const Json& object, std::string_view key);

/// The same with a check of the type; `where` opens the message. Errors are Corrupt.
Result<bool> boolMember(const Json& object, std::string_view key, bool missing,
                        std::string_view where);
Result<std::string> stringMember(const Json& object, std::string_view key, std::string_view where);
/// A string member that may be missing or null: "" then.
Result<std::string> optionalString(const Json& object, std::string_view key,
                                   std::string_view where);
Result<const Json*> arrayMember(const Json& object, std::string_view key, std::string_view where);
/// The "type" of a tokeniser part such as a normalizer.
Result<std::string> partType(const Json& part, std::string_view where);
/// Unsupported for a part ("a normalizer") of a type that is none of the `known`.
tl::unexpected<Error> unsupported(std::string_view where, std::string_view type,
                                  std::string_view known);

}  // namespace skd
