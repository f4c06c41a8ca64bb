#include "cli/console_streams.h"

#include <cerrno>
#include <iostream>
#include <mutex>
#include <streambuf>
#include <system_error>
#include <utility>

#include "base/text.h"

namespace skd::cli {

class ConsoleStreams::Buffer final : public std::streambuf {
public:
    explicit Buffer(std::ostream& stream) : m_stream(stream), m_target(stream.rdbuf(this)) {}
    ~Buffer() override { m_stream.rdbuf(m_target); }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    [[nodiscard]] int error() const { return m_error; }

protected:
    std::streamsize xsputn(const char* text, std::streamsize size) override {
        const std::lock_guard lock(m_mutex);
        std::string whole = std::exchange(m_begun, "");
        whole.append(text, static_cast<std::size_t>(size));
        // The second byte of a character may come with the next call.
        if (whole.ends_with('\xC2')) {
            m_begun = whole.back();
            whole.pop_back();
        }
        return put(escapeControls(whole)) ? size : 0;
    }
    int_type overflow(int_type c) override {
        if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
        const char byte = traits_type::to_char_type(c);
        return xsputn(&byte, 1) == 1 ? c : traits_type::eof();
    }
    int sync() override {
        const std::lock_guard lock(m_mutex);
        return note(m_target->pubsync() == 0) ? 0 : -1;
    }

private:
    bool put(const std::string& text) {
        const auto size = static_cast<std::streamsize>(text.size());
        return note(m_target->sputn(text.data(), size) == size);
    }
    /// Keeps the first failure's number.
    bool note(bool written) {
        if (!written && m_error == 0) m_error = errno;
        return written;
    }

    std::ostream& m_stream;
    std::streambuf* m_target;
    std::mutex m_mutex;
    std::string m_begun;
    int m_error = 0;
};

ConsoleStreams::ConsoleStreams()
    : m_out(std::make_unique<Buffer>(std::cout)), m_err(std::make_unique<Buffer>(std::cerr)) {}
ConsoleStreams::~ConsoleStreams() = default;

Status ConsoleStreams::finish() {
    std::cout.flush();
    if (std::cout.good()) return {};
    return fail(ErrorCode::Io,
                strCat("the output could not be written completely: ",
                       std::generic_category().message(m_out->error()),
                       "; see that there is space where it goes, and repeat the command"));
}

}  // namespace skd::cli
