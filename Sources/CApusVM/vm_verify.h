/* What the parts of the verifier share: its state, and the checks of one that others need. */
#ifndef APUS_VM_VERIFY_H
#define APUS_VM_VERIFY_H
#include "vm.h"

typedef struct { int64_t low, high; int depth; } apus_interval; /* depth < 0: not set */
typedef struct { uint16_t first, lanes; uint8_t type; int8_t depth; } apus_slot;
typedef struct {
  uint32_t end, variable;
  apus_interval saved;
  uint64_t trips;
  bool dead;
} apus_block;
typedef struct {
  apus_vm_program *m;
  const uint32_t *w; /* the instruction */
  uint32_t words;    /* its length */
  int depth;
  uint64_t trips;
  bool dead;
  apus_interval variable[APUS_VARIABLES];
  apus_slot slots[APUS_MAX_SLOTS];
  apus_block blocks[APUS_MAX_DEPTH];
  uint8_t set[APUS_MAX_BUFFERS];
} apus_verifier;
#define TRY(e) do { apus_vm_status s_ = (e); if (s_ != APUS_VM_OK) return s_; } while (0)
#define NEED(c, s) do { if (!(c)) return APUS_VM_##s; } while (0)

/* vm_verify_indices.c: intervals of indices, also of those that depend on open sizes. */
apus_vm_status apus_index_range(apus_verifier *v, uint32_t at, int64_t *low, int64_t *high);
apus_vm_status apus_check_access(apus_verifier *v, uint32_t *at, int64_t low, int64_t high,
                                 bool write, bool empty, bool open);
uint32_t apus_element_of(apus_verifier *v, uint32_t at);
apus_vm_status apus_check_bind(apus_verifier *v);
apus_vm_status apus_check_open_bind(apus_verifier *v, uint32_t opcode);

/* vm_verify_tiles.c: the instructions of matrix products and windows. */
apus_vm_status apus_widen(int64_t n, int64_t step, int64_t *low, int64_t *high);
void apus_add_work(apus_verifier *v, uint64_t work);
apus_vm_status apus_check_tile(apus_verifier *v, bool bytes);
apus_vm_status apus_check_window(apus_verifier *v);
#endif
