/* The routines for any machine. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("fp-contract=off")
#endif
#include <math.h>
#include "vm.h"
#define APUS_ROUTINES apus_routines_base
#include "vm_body.h"
