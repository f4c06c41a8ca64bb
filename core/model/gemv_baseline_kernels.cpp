#define SKD_GEMV_NAMESPACE baseline
#define SKD_GEMV_BYTES 16
#include "model/gemv_body.h"
