#pragma once

#include <unistd.h>

#include <utility>

namespace skd {

/// An open file of the operating system, closed when its owner goes.
class Descriptor {
public:
    explicit Descriptor(int number = -1) : m_number(number) {}
    ~Descriptor() { close(); }
    Descriptor(Descriptor&& other) noexcept : m_number(std::exchange(other.m_number, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(m_number, other.m_number);
        return *this;
    }

    [[nodiscard]] bool isOpen() const { return m_number >= 0; }
    [[nodiscard]] int number() const { return m_number; }
    void close() {
        if (isOpen()) ::close(std::exchange(m_number, -1));
    }

private:
    int m_number;
};

}  // namespace skd
