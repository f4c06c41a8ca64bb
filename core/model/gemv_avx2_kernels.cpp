#define SKD_GEMV_NAMESPACE avx2
#define SKD_GEMV_BYTES 32
#include "model/gemv_body.h"
