/* Parsing: header, section table and tables; vm_verify.c then proves the code. */
#include "vm.h"

static const uint8_t magic[8] = {'A', 'P', 'U', 'S', 'B', 'C', '\r', '\n'};
enum { HEADER = 64, ENTRY = 32, PORT = 88, BUFFER = 32, KERNEL = 24, SECTIONS = 8,
       OPTIONAL = 7 };

static uint64_t mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
  return hash ^ (hash >> 29);
}
/* Over 64-bit words with the checksum's own word as 0; the length is a multiple of 8. */
static uint64_t checksum(const uint8_t *bytes, size_t size) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t i = 0; i + 8 <= size; i += 8) hash = mix(hash, i == 24 ? 0 : apus_u64_at(bytes + i));
  return hash;
}
static uint64_t rounded(uint64_t value) { return (value + 63) & ~(uint64_t)63; }

/* `pool` is the section of strings, or NULL. */
static apus_vm_status parse_sections(apus_vm_program *m, const uint8_t **pool,
                                     uint64_t *pool_size) {
  const uint8_t *table = m->bytes + HEADER;
  uint64_t count = apus_u32_at(m->bytes + 44), end = HEADER + ENTRY * count, kind = 0;
  if (count > 64 || end > m->size) return APUS_VM_BAD_SECTION;
  const uint8_t *start[SECTIONS + 1] = {0};
  uint64_t length[SECTIONS + 1] = {0};
  for (uint64_t i = 0; i < count; i++, table += ENTRY) {
    uint32_t this = apus_u32_at(table), flags = apus_u32_at(table + 4);
    uint64_t at = apus_u64_at(table + 8), bytes = apus_u64_at(table + 16);
    if (this <= kind || flags > 1 || apus_u64_at(table + 24) != 0) return APUS_VM_BAD_SECTION;
    if (at != rounded(end) || at > m->size || bytes > m->size - at) return APUS_VM_BAD_SECTION;
    for (; end < at; end++) if (m->bytes[end] != 0) return APUS_VM_BAD_SECTION;
    kind = this, end = at + bytes;
    if (this <= SECTIONS) start[this] = m->bytes + at, length[this] = bytes;
    else if (flags != 1) return APUS_VM_BAD_SECTION;
  }
  if (m->size != rounded(end)) return APUS_VM_BAD_LENGTH;
  for (; end < m->size; end++) if (m->bytes[end] != 0) return APUS_VM_BAD_SECTION;
  for (int i = 1; i < OPTIONAL; i++) if (start[i] == NULL) return APUS_VM_BAD_SECTION;
  if (length[1] % PORT || length[2] % BUFFER || length[3] % KERNEL || length[4] % 4 ||
      length[2] / BUFFER > APUS_MAX_BUFFERS || length[1] / PORT > APUS_MAX_BUFFERS ||
      length[3] / KERNEL > UINT32_MAX || length[4] / 4 > INT32_MAX)
    return APUS_VM_BAD_SECTION;
  m->ports = start[1], m->buffers = start[2], m->kernels = start[3];
  m->code = (const uint32_t *)(const void *)start[4];
  m->constants = start[5], m->strings = start[6];
  m->port_count = (uint32_t)(length[1] / PORT), m->buffer_count = (uint32_t)(length[2] / BUFFER);
  m->kernel_count = (uint32_t)(length[3] / KERNEL), m->code_words = (uint32_t)(length[4] / 4);
  m->constant_bytes = length[5], m->string_bytes = length[6];
  *pool = start[8], *pool_size = length[8];
  return start[7] ? apus_parse_sizes(m, start[7], length[7]) : APUS_VM_OK;
}

/* The caller's memory is as large as its port says, so only the port's own buffer may name it. */
static bool is_ports_buffer(const apus_vm_program *m, uint32_t number, apus_buffer b) {
  uint64_t first = b.storage == APUS_INPUT ? 0 : m->input_count;
  uint64_t count = b.storage == APUS_INPUT ? m->input_count : m->output_count;
  return b.offset < count && apus_u32_at(m->ports + PORT * (first + b.offset) + 8) == number;
}
static apus_vm_status parse_buffers(apus_vm_program *m, bool has_pool) {
  for (uint32_t i = 0; i < m->buffer_count; i++) {
    apus_buffer b = apus_buffer_at(m, i);
    uint32_t width = apus_width(b.element);
    if (width == 0 || b.storage > APUS_ARENA || apus_u64_at(m->buffers + 32 * (size_t)i + 24) != 0)
      return APUS_VM_BAD_BUFFER;
    if (b.count > (uint64_t)INT64_MAX / 16) return APUS_VM_BAD_BUFFER;
    if (b.element == APUS_STRING && !has_pool) return APUS_VM_BAD_BUFFER;
    if (b.storage >= APUS_CONSTANT) {
      uint64_t room = b.storage == APUS_ARENA ? m->arena_bytes : m->constant_bytes;
      if (b.offset % 64 != 0 || b.offset > room || b.count * width > room - b.offset)
        return APUS_VM_BAD_BUFFER;
    } else if (!is_ports_buffer(m, i, b)) {
      return APUS_VM_BAD_BUFFER;
    }
  }
  return APUS_VM_OK;
}

/* Inputs first, then outputs; each names a buffer of its own kind, place, type and size. */
static apus_vm_status parse_ports(apus_vm_program *m) {
  for (uint32_t i = 0; i < m->port_count; i++) {
    const uint8_t *p = m->ports + PORT * (size_t)i;
    uint32_t output = apus_u32_at(p), buffer = apus_u32_at(p + 8), rank = apus_u32_at(p + 12);
    if (output > 1 || rank > 8 || buffer >= m->buffer_count) return APUS_VM_BAD_INTERFACE;
    if (!output && m->output_count > 0) return APUS_VM_BAD_INTERFACE;
    if ((uint64_t)apus_u32_at(p + 16) + apus_u32_at(p + 20) > m->string_bytes)
      return APUS_VM_BAD_INTERFACE;
    apus_buffer b = apus_buffer_at(m, buffer);
    uint32_t place = output ? m->output_count++ : m->input_count++;
    uint64_t count = 1;
    bool open = false;
    for (uint32_t axis = 0; axis < 8; axis++) {
      uint64_t extent = apus_u64_at(p + 24 + 8 * axis);
      if (axis < rank && extent >> 63) {
        uint64_t size = extent & INT64_MAX;
        if (size >= m->size_count) return APUS_VM_BAD_INTERFACE;
        apus_range r = apus_size_range(m, (uint32_t)size);
        extent = r.high < 0 ? 0 : (uint64_t)r.high;
        open = true;
      }
      if (axis >= rank ? extent != 0 : extent > INT64_MAX) return APUS_VM_BAD_INTERFACE;
      if (axis >= rank) continue;
      if (extent != 0 && count > (uint64_t)INT64_MAX / extent) return APUS_VM_BAD_INTERFACE;
      count *= extent;
    }
    uint32_t element = apus_u32_at(p + 4), packed = apus_packed(element);
    if (packed > 1) element = APUS_U8, count = count / packed + (count % packed != 0);
    if (b.storage != (output ? APUS_OUTPUT : APUS_INPUT) || b.offset != place ||
        b.element != element || (b.count != count && !open))
      return APUS_VM_BAD_INTERFACE;
  }
  return APUS_VM_OK;
}

static const apus_routines *choose(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return &apus_routines_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &apus_routines_avx2;
#endif
  return &apus_routines_base;
}

apus_vm_status apus_vm_load(const void *bytes, size_t size, const apus_vm_limits *limits,
                            apus_vm_program *m) {
  memset(m, 0, sizeof *m);
  m->bytes = bytes, m->size = size;
  if ((uintptr_t)bytes % 64 != 0) return APUS_VM_BAD_ALIGNMENT;
  if (size < 8 || memcmp(bytes, magic, 8) != 0) return APUS_VM_BAD_MAGIC;
  if (size < HEADER || size % 64 != 0) return APUS_VM_BAD_LENGTH;
  if ((apus_u32_at(m->bytes + 8) & 0xffff) != 1) return APUS_VM_BAD_VERSION;
  if (apus_u64_at(m->bytes + 16) != size) return APUS_VM_BAD_LENGTH;
  if (apus_u64_at(m->bytes + 24) != checksum(m->bytes, size)) return APUS_VM_BAD_CHECKSUM;
  if (apus_u32_at(m->bytes + 12) != 0 || apus_u64_at(m->bytes + 48) != 0 ||
      apus_u64_at(m->bytes + 56) != 0)
    return APUS_VM_BAD_SECTION;
  m->arena_bytes = apus_u64_at(m->bytes + 32);
  m->slots = apus_u32_at(m->bytes + 40);
  if (m->slots > APUS_MAX_SLOTS || m->arena_bytes > (uint64_t)1 << 48 || m->arena_bytes % 64)
    return APUS_VM_TOO_MUCH;
  const uint8_t *pool;
  uint64_t pool_size;
  apus_vm_status status = parse_sections(m, &pool, &pool_size);
  if (status == APUS_VM_OK) status = parse_ports(m);
  if (status == APUS_VM_OK) status = parse_buffers(m, pool != NULL);
  if (status == APUS_VM_OK && pool != NULL) status = apus_parse_pool(m, pool, pool_size);
  if (status == APUS_VM_OK) status = apus_verify(m);
  if (status != APUS_VM_OK) return status;
  if (limits && limits->work && m->work > limits->work) return APUS_VM_TOO_MUCH;
  if (limits && limits->memory_bytes && apus_vm_memory_bytes(m) > limits->memory_bytes)
    return APUS_VM_TOO_MUCH;
  m->routines = choose();
  return APUS_VM_OK;
}

uint64_t apus_vm_memory_bytes(const apus_vm_program *m) {
  uint64_t numbers = (uint64_t)m->buffer_count + m->symbol_count + m->size_count;
  return m->arena_bytes + 64 * (uint64_t)m->slots + rounded(8 * numbers) + 64;
}
uint32_t apus_vm_input_count(const apus_vm_program *m) { return m->input_count; }
uint32_t apus_vm_output_count(const apus_vm_program *m) { return m->output_count; }

static apus_vm_port port(const apus_vm_program *m, uint32_t place) {
  const uint8_t *p = m->ports + PORT * (size_t)place;
  apus_buffer b = apus_buffer_at(m, apus_u32_at(p + 8));
  apus_vm_port r = {.name = (const char *)m->strings + apus_u32_at(p + 16),
                    .name_length = apus_u32_at(p + 20), .element = (int32_t)apus_u32_at(p + 4),
                    .rank = apus_u32_at(p + 12), .byte_count = b.count * apus_width(b.element)};
  for (size_t i = 0; i < r.rank; i++) {
    uint64_t extent = apus_u64_at(p + 24 + 8 * i);
    uint32_t size = (uint32_t)extent;
    r.sizes[i] = extent >> 63 ? (int32_t)size : -1;
    r.shape[i] = extent >> 63 ? apus_size_range(m, size).high : (int64_t)extent;
  }
  return r;
}
apus_vm_port apus_vm_input(const apus_vm_program *m, uint32_t place) { return port(m, place); }
apus_vm_port apus_vm_output(const apus_vm_program *m, uint32_t place) {
  return port(m, m->input_count + place);
}

const char *apus_vm_describe(apus_vm_status status) {
  static const char *const text[] = {
      "fine", "the bytes are not 64-byte aligned", "not an .apb file",
      "written by another major version", "cut short or followed by other bytes",
      "the checksum does not match", "malformed section table", "malformed interface",
      "malformed buffer table", "malformed instruction", "register used before it is set",
      "access outside its buffer", "write to read-only memory", "memory read before it is written",
      "a limit is exceeded", "a size is malformed or out of bounds", "malformed step",
      "no room for all strings"};
  return (unsigned)status < sizeof text / sizeof *text ? text[status] : "unknown status";
}
