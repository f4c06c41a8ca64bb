#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace skd {

template <class Signature>
class FunctionRef;

/// A callable passed down by reference: no allocation, valid only during the call it is passed to.
template <class R, class... Args>
class FunctionRef<R(Args...)> {
public:
    template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef>)
        FunctionRef(F&& function)  // NOLINT: implicit on purpose, like a reference
        : m_object(const_cast<void*>(static_cast<const void*>(std::addressof(function)))),
          m_call([](void* object, Args... args) -> R {
              return (*static_cast<std::remove_reference_t<F>*>(object))(
                  std::forward<Args>(args)...);
          }) {}

    R operator()(Args... args) const { return m_call(m_object, std::forward<Args>(args)...); }

private:
    void* m_object;
    R (*m_call)(void*, Args...);
};

}  // namespace skd
