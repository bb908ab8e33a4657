/* The routines for any machine. */
#include <math.h>
#include "vm.h"
#define APUS_ROUTINES apus_routines_base
#include "vm_body.h"
