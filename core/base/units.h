#pragma once

#include <compare>
#include <cstdint>

namespace skd {

/// A value whose meaning is in its type, so that two of them cannot be swapped silently.
template <class Tag, class Value>
class Strong {
public:
    constexpr Strong() = default;
    constexpr explicit Strong(Value value) : m_value(value) {}
    [[nodiscard]] constexpr Value value() const { return m_value; }
    // NOLINTNEXTLINE(modernize-use-nullptr): the 0 that a comparison of the compiler's is against
    constexpr auto operator<=>(const Strong&) const = default;

private:
    Value m_value{};
};

using RunId = Strong<struct RunIdTag, std::int64_t>;
using StudyId = Strong<struct StudyIdTag, std::int64_t>;
using AnnotationId = Strong<struct AnnotationIdTag, std::int64_t>;
using MeasurementId = Strong<struct MeasurementIdTag, std::int64_t>;
using ViewId = Strong<struct ViewIdTag, std::int64_t>;
using LayerIndex = Strong<struct LayerIndexTag, std::int32_t>;

using TokenId = std::uint32_t;

}  // namespace skd
