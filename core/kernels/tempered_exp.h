#pragma once

#include "kernels/simd.h"

namespace skd {

/// exp(y) and exp(y / T) of y = x - maximum.
struct Exponentials {
    float one, tempered;
};

/// Powers of one exponential serve both temperatures wherever T allows it.
struct TemperatureOne {
    SKD_ALWAYS_INLINE Exponentials operator()(float y) const {
        const float e = expNonPositive(y);
        return {e, e};
    }
};
struct TemperatureThreeHalves {
    SKD_ALWAYS_INLINE Exponentials operator()(float y) const {
        const float e = expNonPositive(y * (1.0f / 3.0f));
        return {e * e * e, e * e};
    }
};
struct TemperatureTwo {
    SKD_ALWAYS_INLINE Exponentials operator()(float y) const {
        const float e = expNonPositive(y * 0.5f);
        return {e * e, e};
    }
};
struct TemperatureThree {
    SKD_ALWAYS_INLINE Exponentials operator()(float y) const {
        const float e = expNonPositive(y * (1.0f / 3.0f));
        return {e * e * e, e};
    }
};
struct TemperatureAny {
    float inverse = 1;
    SKD_ALWAYS_INLINE Exponentials operator()(float y) const {
        return {expNonPositive(y), expNonPositive(y * inverse)};
    }
};

/// Calls `visit` with the cheapest exponentials of a temperature.
template <class Visit>
auto withTemperature(double temperature, Visit&& visit) {
    if (temperature == 1.0) return visit(TemperatureOne{});
    if (temperature == 1.5) return visit(TemperatureThreeHalves{});
    if (temperature == 2.0) return visit(TemperatureTwo{});
    if (temperature == 3.0) return visit(TemperatureThree{});
    return visit(TemperatureAny{static_cast<float>(1.0 / temperature)});
}

}  // namespace skd
