#pragma once

#include <functional>

#include "bench/world.h"

namespace skd::bench {

enum class BoundKind {
    Gemm,       ///< FLOPs over the GEMM probe
    Bandwidth,  ///< bytes over the read bandwidth
    Reference,  ///< a factor on the reference's time in the same rounds
    Measured    ///< seconds, measured by the row itself
};

/// How much work a row does in a turn, and the least that it could take.
struct Work {
    double units = 1;           ///< in the row's unit
    double referenceUnits = 0;  ///< of the reference's turn, where it does less; 0 = the same
    BoundKind bound = BoundKind::Gemm;
    double amount = 0;        ///< FLOPs, bytes, a factor, or seconds
    double recordedRate = 0;  ///< of the reference, units/s, where it was measured elsewhere
};

/// Work that is timed by turns: ours, reference, ours, reference, ...
class Row {
public:
    virtual ~Row() = default;
    /// Makes what both sides need. Not timed.
    [[nodiscard]] virtual Status prepare(World& world) = 0;
    [[nodiscard]] virtual Status ours() = 0;
    [[nodiscard]] virtual Status reference() = 0;
    /// Before each turn. Not timed.
    virtual void reset() {}
    /// After prepare().
    [[nodiscard]] virtual Work work() const = 0;
    /// After the last turn: what else there is to say of it.
    [[nodiscard]] virtual Json details() const { return Json::object(); }
    /// Whether both sides gave what they have to give; part of what is to reach.
    [[nodiscard]] virtual bool agrees() const { return true; }
};

/// What a row has to reach; 0 asks for nothing.
struct Target {
    double ratio = 0;            ///< time of the reference / ours, at least
    double share = 0;            ///< of the bound, at least
    double seconds = 0;          ///< at most
    double rate = 0;             ///< units/s, at least
    double memory = 0;           ///< peak of the reference / ours, at least
    const char* elsewhere = "";  ///< what another program says (tests/bench/compare), in words

    [[nodiscard]] bool isEmpty() const {
        return ratio == 0 && share == 0 && seconds == 0 && rate == 0 && memory == 0;
    }
    [[nodiscard]] std::string text(const std::string& unit) const;
};

/// A row of the table.
struct RowEntry {
    std::string name, work, unit, reference, bound;
    Target target;
    bool needsModel = false;
    std::function<std::unique_ptr<Row>()> make;
};

/// What makes a row of a class with these arguments.
template <class R, class... Arguments>
std::function<std::unique_ptr<Row>()> rowOf(Arguments... arguments) {
    return [=] { return std::make_unique<R>(arguments...); };
}

/// Every row, in the order of the table.
const std::vector<RowEntry>& allRows();

}  // namespace skd::bench
