/* The routines for x86-64 machines with AVX2 and fused multiply-add. */
#if defined(__x86_64__)
#if defined(__clang__)
#include <immintrin.h>
#include <math.h>
#include "vm.h"
#pragma clang attribute push(__attribute__((target("avx2,fma"))), \
                             apply_to = function)
#else
#pragma GCC target("avx2,fma")
#pragma GCC optimize("fp-contract=off")
#include <math.h>
#include "vm.h"
#endif
/* The pushed attribute defines no __AVX2__. */
#define APUS_AVX2
#define APUS_ROUTINES apus_routines_avx2
#include "vm_body.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
