#pragma once

#include "kernels/simd.h"

namespace skd {

/// exp(y) and exp(y / T) of y = x - maximum.
struct Exponentials {
    float one, tempered;
};

template <int kPower>
SKD_ALWAYS_INLINE float powerOf(float e) {
    if constexpr (kPower == 1)
        return e;
    else
        return powerOf<kPower - 1>(e) * e;
}

/// T = kOne / kTempered: powers of one exponential serve both temperatures.
template <int kOne, int kTempered>
struct TemperaturePowers {
    SKD_ALWAYS_INLINE Exponentials operator()(float y) const {
        const float e = expNonPositive(y * (1.0f / kOne));
        return {powerOf<kOne>(e), powerOf<kTempered>(e)};
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
    if (temperature == 1.0) return visit(TemperaturePowers<1, 1>{});
    if (temperature == 1.5) return visit(TemperaturePowers<3, 2>{});
    if (temperature == 2.0) return visit(TemperaturePowers<2, 1>{});
    if (temperature == 3.0) return visit(TemperaturePowers<3, 1>{});
    return visit(TemperatureAny{static_cast<float>(1.0 / temperature)});
}

}  // namespace skd
