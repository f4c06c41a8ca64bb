// A TensorBoard event file: as it is where the input begins with 'R', else its parts as the
// messages of records whose checksums are right.
#include <cstring>

#include "exchange/foreign_runs.h"
#include "exchange/tensorboard_file.h"
#include "fuzz/fuzz_target.h"

namespace skd::fuzz {
namespace {

template <class Value>
void append(std::string& out, Value value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string framed(std::string_view messages) {
    std::string file;
    for (const std::string_view message : partsOf(messages, 8)) {
        std::string length;
        append(length, static_cast<std::uint64_t>(message.size()));
        file += length;
        append(file, maskedCrc32c(length));
        file += message;
        append(file, maskedCrc32c(message));
    }
    return file;
}

}  // namespace

void tryInput(std::string_view input) {
    if (input.empty()) return;
    const std::string_view rest = input.substr(1);
    const auto file = putFile("run/events.out.tfevents.1.host",
                              input[0] == 'R' ? std::string(rest) : framed(rest));
    static_cast<void>(readTensorboardFile(file));
    static_cast<void>(readTensorboardRuns(folder()));
}

}  // namespace skd::fuzz
