#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/parallel/communicator.h"

namespace skd::test {

/// What a process of inProcesses does; what it returns comes back to the test.
using ProcessBody = std::function<Result<Json>(Communicator&)>;

/// One that ends without a word.
struct Ended {
    int exitCode = -1;  ///< of a signal its negative number
    Json json;          ///< what it returned; {"error": message} of an error
};

/// Runs `body` in so many processes, children of this one, which are joined by loopback. LibTorch
/// should be on one thread.
std::vector<Ended> inProcesses(int size, const ProcessBody& body);

/// A port of the loopback device that is free just now.
std::uint16_t freePort();

}  // namespace skd::test
