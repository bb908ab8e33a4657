/* The instruction set in one table. */
#ifndef APUS_OPCODES_H
#define APUS_OPCODES_H
#include <stdint.h>

#define APUS_OPCODES(X) \
  X(LOOP) X(WITHIN) X(LOOPTO) X(END) X(AFFINE) X(QUOTIENT) X(REMAINDER) X(FETCH) X(SIZE) \
  X(PRODUCT) X(FETCHTO) X(LOAD) X(STORE) \
  X(LITERAL) X(INDEX) X(SPREAD) X(UNARY) X(BINARY) X(COMPARE) X(SELECT) X(CONVERT) X(FUSED) \
  X(ACROSS) X(TILE) X(WINDOW) X(DOT)
#define APUS_UNARY(X) \
  X(neg) X(abs) X(sign) X(sqrt) X(exp) X(log) X(sin) X(cos) X(tan) X(asin) X(acos) X(atan) \
  X(sinh) X(cosh) X(tanh) X(asinh) X(acosh) X(atanh) X(erf) X(sigmoid) X(recip) X(floor) \
  X(ceil) X(round) X(not) X(isnan) X(isinf) X(upper) X(lower)
#define APUS_BINARY(X) \
  X(add) X(sub) X(mul) X(div) X(mod) X(fmod) X(pow) X(atan2) X(min) X(max) X(and) X(or) \
  X(xor) X(shl) X(shr) X(join) X(head) X(tail) X(parts) X(matches)
#define APUS_COMPARE(X) X(eq) X(ne) X(lt) X(le) X(gt) X(ge)
#define APUS_NAME(name) APUS_OP_##name,
typedef enum { APUS_OPCODES(APUS_NAME) APUS_OP_COUNT } apus_opcode;
#undef APUS_NAME
#define APUS_NAME(name) APUS_U_##name,
typedef enum { APUS_UNARY(APUS_NAME) APUS_U_COUNT } apus_unary;
#undef APUS_NAME
#define APUS_NAME(name) APUS_B_##name,
typedef enum { APUS_BINARY(APUS_NAME) APUS_B_COUNT } apus_binary;
#undef APUS_NAME
#define APUS_NAME(name) APUS_C_##name,
typedef enum { APUS_COMPARE(APUS_NAME) APUS_C_COUNT } apus_compare;
#undef APUS_NAME
/* Element types: the numbers of ONNX TensorProto.DataType. */
typedef enum {
  APUS_F32 = 1, APUS_U8, APUS_I8, APUS_U16, APUS_I16, APUS_I32, APUS_I64,
  APUS_STRING, APUS_BOOL, APUS_F16, APUS_F64, APUS_U32, APUS_U64, APUS_BF16 = 16, APUS_F8E4M3FN,
  APUS_F8E4M3FNUZ, APUS_F8E5M2, APUS_F8E5M2FNUZ, APUS_U4, APUS_I4, APUS_F4E2M1, APUS_F8E8M0,
  APUS_U2, APUS_I2, APUS_F6E2M3, APUS_F6E3M2
} apus_element;
/* What CONVERT keeps: the value, or the bits as they are in memory. */
enum { APUS_KEEP_VALUE, APUS_KEEP_BITS };
/* The name of an opcode, or NULL. */
const char *apus_opcode_name(uint32_t opcode);
#endif
