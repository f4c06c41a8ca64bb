#pragma once

namespace skd {

/// One callable out of several, for std::visit: each alternative goes to the handler that fits it
/// best, `[](const auto&) {}` takes what no other one does.
template <class... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace skd
