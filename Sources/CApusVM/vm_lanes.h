/* Numbers in lanes for the interpreter: the machine layer of emitted C, for 1 and 16 lanes.
 *
 * The interpreter fuses products with sums wherever the instructions say so, on machines without
 * such an instruction too, and nowhere else: it computes the same bits everywhere. A file that is
 * compiled for one instruction set defines APUS_AVX2 and APUS_AVX512 itself, because attributes
 * that are pushed on functions define no macros. */
#ifndef APUS_VM_LANES_H
#define APUS_VM_LANES_H
#if defined(__clang__)
#pragma clang fp contract(off)
#pragma clang diagnostic ignored "-Wpsabi"
#define APUS_FUSES_ALWAYS(T, a, b, c) __builtin_elementwise_fma(a, b, c)
#elif defined(APUS_AVX2)
#pragma GCC diagnostic ignored "-Wpsabi"
#include <immintrin.h>
#define APUS_FUSES_ALWAYS(T, a, b, c)                                              \
  __extension__({                                                                  \
    union { T all; __m256 half[2]; } x_ = {a}, y_ = {b}, z_ = {c};                 \
    z_.half[0] = _mm256_fmadd_ps(x_.half[0], y_.half[0], z_.half[0]);              \
    z_.half[1] = _mm256_fmadd_ps(x_.half[1], y_.half[1], z_.half[1]);              \
    z_.all;                                                                        \
  })
#else
#pragma GCC diagnostic ignored "-Wpsabi"
#define APUS_FUSES_ALWAYS(T, a, b, c)                                              \
  __extension__({                                                                  \
    T z_ = c;                                                                      \
    for (int i_ = 0; i_ < 16; i_++) z_[i_] = __builtin_fmaf(a[i_], b[i_], z_[i_]); \
    z_;                                                                            \
  })
#endif
#include "Generated/machine_layer.h"
#endif
