#define SKD_GEMV_NAMESPACE avx512
#define SKD_GEMV_BYTES 64
#include "model/gemv_body.h"
