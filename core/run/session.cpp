#include "run/session.h"

#include "run/engine_session.h"

namespace skd {

Result<std::unique_ptr<Session>> makeSession(const SessionOptions& options) {
    SKD_TRY(std::unique_ptr<RunWriter> writer, RunWriter::open(options.workspace));
    return std::unique_ptr<Session>(std::make_unique<EngineSession>(options, std::move(writer)));
}

}  // namespace skd
