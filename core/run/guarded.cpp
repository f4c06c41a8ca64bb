#include "run/guarded.h"

#include <c10/util/Exception.h>

#include "base/text.h"

namespace skd {

void guarded(const std::function<void(const Error&)>& failed, const std::function<void()>& job) {
    try {
        job();
    } catch (const std::bad_alloc&) {
        failed(
            {ErrorCode::OutOfMemory,
             "not enough memory; use a smaller batch, sequence or model, or close other programs"});
    } catch (const c10::OutOfMemoryError&) {
        failed({ErrorCode::OutOfMemory,
                "not enough GPU memory; use a smaller batch or sequence, or device cpu"});
    } catch (const c10::Error& error) {
        failed({ErrorCode::Internal, strCat("LibTorch failed: ", error.what_without_backtrace())});
    } catch (const std::exception& error) {
        failed({ErrorCode::Internal, error.what()});
    } catch (...) {
        failed({ErrorCode::Internal, "unknown failure"});
    }
}

}  // namespace skd
