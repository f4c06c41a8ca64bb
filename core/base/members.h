#pragma once

#include <string>

#include "base/record.h"
#include "base/result.h"
#include "base/text.h"

namespace skd {

/// The member `name` of JSON from outside; Corrupt where `object` has none of the type of `out`.
template <class T>
Status takeMember(const Json& object, const std::string& name, T& out) {
    if (object.is_object())
        if (const auto found = object.find(name); found != object.end() && readMember(*found, out))
            return {};
    return fail(ErrorCode::Corrupt, strCat("it lacks \"", name, "\", or has it in another form"));
}

/// The same for a whole number from `least` to `most`.
inline Status takeNumber(const Json& object, const std::string& name, std::int64_t least,
                         std::int64_t most, std::int64_t& out) {
    Json number;
    SKD_CHECK(takeMember(object, name, number));
    const bool fits = number.is_number_unsigned()
                          ? std::cmp_less_equal(number.get<std::uint64_t>(), INT64_MAX)
                          : number.is_number_integer();
    if (fits && number.get<std::int64_t>() >= least && number.get<std::int64_t>() <= most) {
        out = number.get<std::int64_t>();
        return {};
    }
    return fail(ErrorCode::Corrupt, strCat("its \"", name, "\" is ", dumpJson(number).substr(0, 40),
                                           "; it must lie between ", least, " and ", most));
}

}  // namespace skd
