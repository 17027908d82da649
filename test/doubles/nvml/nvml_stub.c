/*
 * A double of NVIDIA's management library, so that the real foreign-function path runs where there is no GPU.
 *
 * It plays what the file `control` beside the library says, read anew whenever that file changes. A line each:
 *   gpus N                     number of GPUs (1)
 *   driver TEXT                driver version
 *   memory G BYTES             used memory of GPU G
 *   count G BYTES              the same, and one byte more with each reading
 *   reserved G BYTES           memory the driver keeps: version 1 counts it as used
 *   total G BYTES
 *   process G compute|graphics PID BYTES|hidden [SLOT]     on the GPU, or on the MIG device of that slot
 *   fail FUNCTION CODE [G]     the function returns CODE (for GPU G alone)
 *   delay FUNCTION MICROSECONDS
 *   utilization G GPU MEMORY   percent
 *   power G MILLIWATTS         instant G MILLIWATTS         energy G MILLIJOULES
 *   temperature G CELSIUS      clock G MHZ                  fan G PERCENT
 *   video G ENCODER DECODER    percent
 *   pcie G GENERATION WIDTH    throttle G BITS              ecc G CORRECTED UNCORRECTED
 *   traffic G TX RX            KB a second; its counter keeps the caller waiting for 20 ms, as the real one does
 *   architecture G NUMBER      name G TEXT                  (after "Simulated ")
 *   renewed G utilization|power MICROSECONDS A B
 *                              the counter is A and B in turn, renewed every so often
 *   sampled G power|utilization|memory MICROSECONDS A B
 *                              the driver keeps its last 100 samples, A and B in turn
 *   use G PID PERCENT          the driver samples how busy the process keeps the GPU, six times a second
 *   mig G SLOT USED TOTAL      the GPU is divided, and this is one of its MIG devices: GPU instance SLOT + 7, compute instance 0
 *
 * The structures are declared as in NVIDIA's nvml.h (R580), from the documentation of the API; the compiler lays them
 * out. Threads share it as they share the real one: it stays initialized until each that did so has shut it down, and a
 * call that waits keeps no other waiting. With WITHOUT_MEMORY_V2 it is a driver from before that call; with PROCESS_CALLS as 1 or 2 its newest call for
 * processes is of that version, and it samples nothing itself.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#ifndef PROCESS_CALLS
#define PROCESS_CALLS 3
#endif

enum { OK = 0, UNINITIALIZED = 1, INVALID = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7, VERSION_MISMATCH = 25 };
enum { GPUS = 16, PROCESSES = 256, RULES = 64, SLOTS = 7, KEPT = 100, FIRST_INSTANCE = 7 };
enum { POWER, UTILIZATION, MEMORY, KINDS };

typedef struct { unsigned long long total, free, used; } nvmlMemory_t;
typedef struct { unsigned int version; unsigned long long total, reserved, free, used; } nvmlMemory_v2_t;
typedef struct { unsigned int gpu, memory; } nvmlUtilization_t;
typedef struct { unsigned int pid; unsigned long long usedGpuMemory; unsigned int gpuInstanceId, computeInstanceId; } nvmlProcessInfo_t;
typedef union { double d; unsigned int ui; unsigned long ul; unsigned long long ull; signed long long sll; } nvmlValue_t;
typedef struct { unsigned int fieldId, scopeId; long long timestamp, latencyUsec; int valueType; int nvmlReturn; nvmlValue_t value; } nvmlFieldValue_t;

typedef struct { unsigned int pid; unsigned long long usedGpuMemory; } nvmlProcessInfo_v1_t;
typedef struct { unsigned long long timeStamp; nvmlValue_t sampleValue; } nvmlSample_t;
typedef struct { unsigned int pid; unsigned long long timeStamp; unsigned int smUtil, memUtil, encUtil, decUtil; } nvmlProcessUtilizationSample_t;

typedef struct { long long every; unsigned int a, b; } Turns;
typedef struct { int there; unsigned long long used, total; } Mig;
typedef struct {
  unsigned long long used, total, reserved, energy, throttle, corrected, uncorrected;
  int counting, counts_errors;
  unsigned int gpu, memory, power, instant, temperature, clock, memory_clock, fan, encoder, decoder, generation, width, tx, rx, architecture;
  char name[64];
  Turns renewed[KINDS], sampled[KINDS];
  Mig mig[SLOTS];
} Gpu;
typedef struct { int gpu, graphics; unsigned int pid; unsigned long long bytes; int slot; } Process;
typedef struct { int gpu; unsigned int pid, percent; } Use;
typedef struct { char name[64]; long value; int gpu; int delay; } Rule;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
/* What is read from the control file, and what calls look at: replaced at once, so that no thread sees it half-way. */
static Gpu next[GPUS];
static Gpu gpus[GPUS];
static Process processes[PROCESSES];
static Rule rules[RULES];
static Use uses[PROCESSES];
static int gpu_count, process_count, rule_count, use_count, initialized;
static char driver[80];
static unsigned long long readings[GPUS];
static struct timespec seen_time;
static long long seen_size = -1;
static unsigned long long seen_inode;

static const char *control_path(void) {
  static char path[4096];
  Dl_info info;
  if (path[0] == 0 && dladdr((void *)control_path, &info)) {
    snprintf(path, sizeof path - 16, "%s", info.dli_fname);
    char *slash = strrchr(path, '/');
    strcpy(slash ? slash + 1 : path, "control");
  }
  return path;
}

static void plain(void) {
  memset(next, 0, sizeof next);
  gpu_count = 1;
  process_count = rule_count = use_count = 0;
  strcpy(driver, "580.65.06");
  for (int i = 0; i < GPUS; i++) {
    next[i] = (Gpu){ .used = 512ull << 20, .total = 24564ull << 20, .energy = 1000, .gpu = 35, .memory = 12, .power = 123450, .instant = 130000, .temperature = 41, .clock = 2520, .memory_clock = 10501, .fan = 30, .generation = 4, .width = 16, .architecture = 8, .name = "RTX 4090" };
  }
}

static void line(char *text) {
  char word[64], kind[64], amount[64];
  int g = 0;
  long n = 0;
  unsigned long long v = 0, w = 0;
  if (sscanf(text, "gpus %d", &g) == 1) { gpu_count = g < GPUS ? g : GPUS; return; }
  if (sscanf(text, "driver %79s", driver) == 1) return;
  if (sscanf(text, "fail %63s %ld %d", word, &n, &g) >= 2 && rule_count < RULES) {
    Rule *rule = &rules[rule_count++];
    int had = sscanf(text, "fail %63s %ld %d", rule->name, &rule->value, &rule->gpu);
    if (had < 3) rule->gpu = -1;
    rule->delay = 0;
    return;
  }
  if (sscanf(text, "delay %63s %ld", word, &n) == 2 && rule_count < RULES) {
    Rule *rule = &rules[rule_count++];
    strcpy(rule->name, word);
    rule->value = n; rule->gpu = -1; rule->delay = 1;
    return;
  }
  int slot = -1;
  if (sscanf(text, "process %d %63s %llu %63s %d", &g, kind, &v, amount, &slot) >= 4 && process_count < PROCESSES) {
    processes[process_count++] = (Process){ g, strcmp(kind, "graphics") == 0, (unsigned int)v, strcmp(amount, "hidden") == 0 ? ~0ull : strtoull(amount, NULL, 10), slot };
    return;
  }
  long long every = 0;
  unsigned int a = 0, b = 0;
  if (sscanf(text, "%63s %d %63s %lld %u %u", word, &g, kind, &every, &a, &b) == 6 && g >= 0 && g < GPUS) {
    int which = !strcmp(kind, "power") ? POWER : !strcmp(kind, "utilization") ? UTILIZATION : MEMORY;
    if (!strcmp(word, "renewed")) { next[g].renewed[which] = (Turns){ every, a, b }; return; }
    if (!strcmp(word, "sampled")) { next[g].sampled[which] = (Turns){ every, a, b }; return; }
  }
  unsigned long long total = 0;
  if (sscanf(text, "mig %d %ld %llu %llu", &g, &n, &v, &total) == 4 && g >= 0 && g < GPUS && n >= 0 && n < SLOTS) { next[g].mig[n] = (Mig){ 1, v, total }; return; }
  if (sscanf(text, "use %d %u %u", &g, &a, &b) == 3 && use_count < PROCESSES) { uses[use_count++] = (Use){ g, a, b }; return; }
  if (sscanf(text, "name %d %63[^\n]", &g, word) == 2 && g >= 0 && g < GPUS) { snprintf(next[g].name, sizeof next[g].name, "%.63s", word); return; }
  int words = sscanf(text, "%63s %d %llu %llu", word, &g, &v, &w);
  if (words < 3 || g < 0 || g >= GPUS) return;
  Gpu *gpu = &next[g];
  if (!strcmp(word, "memory")) gpu->used = v, gpu->counting = 0;
  else if (!strcmp(word, "count")) gpu->used = v, gpu->counting = 1;
  else if (!strcmp(word, "reserved")) gpu->reserved = v;
  else if (!strcmp(word, "total")) gpu->total = v;
  else if (!strcmp(word, "utilization")) gpu->gpu = v, gpu->memory = w;
  else if (!strcmp(word, "power")) gpu->power = v;
  else if (!strcmp(word, "instant")) gpu->instant = v;
  else if (!strcmp(word, "energy")) gpu->energy = v;
  else if (!strcmp(word, "temperature")) gpu->temperature = v;
  else if (!strcmp(word, "clock")) gpu->clock = v;
  else if (!strcmp(word, "fan")) gpu->fan = v;
  else if (!strcmp(word, "video")) gpu->encoder = v, gpu->decoder = w;
  else if (!strcmp(word, "pcie")) gpu->generation = v, gpu->width = w;
  else if (!strcmp(word, "traffic")) gpu->tx = v, gpu->rx = w;
  else if (!strcmp(word, "throttle")) gpu->throttle = v;
  else if (!strcmp(word, "ecc")) gpu->corrected = v, gpu->uncorrected = w, gpu->counts_errors = 1;
  else if (!strcmp(word, "architecture")) gpu->architecture = v;
}

/* Fifty times a second at most, so that a benchmark does not measure the file system. */
static void look(void) {
  static struct timespec looked;
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  if (looked.tv_sec != 0 && (time.tv_sec - looked.tv_sec) * 1000000000ll + time.tv_nsec - looked.tv_nsec < 20000000) return;
  looked = time;
  struct stat now;
  if (stat(control_path(), &now) != 0) { if (seen_size != -2) { plain(); memcpy(gpus, next, sizeof gpus); seen_size = -2; } return; }
  if (now.st_size == seen_size && now.st_ino == seen_inode && now.st_mtim.tv_nsec == seen_time.tv_nsec && now.st_mtim.tv_sec == seen_time.tv_sec) return;
  seen_size = now.st_size; seen_inode = now.st_ino; seen_time = now.st_mtim;
  plain();
  FILE *file = fopen(control_path(), "r");
  char text[256];
  while (file && fgets(text, sizeof text, file)) line(text);
  if (file) fclose(file);
  memcpy(gpus, next, sizeof gpus);
}

/* The code a function is to return: what the control file plants, else whether the library is initialized. */
static int planted(const char *name, int gpu) {
  long delay = 0;
  pthread_mutex_lock(&mutex);
  look();
  int code = initialized > 0 ? OK : UNINITIALIZED;
  for (int i = 0; i < rule_count; i++) {
    if (strcmp(rules[i].name, name) != 0 || (rules[i].gpu >= 0 && rules[i].gpu != gpu)) continue;
    if (rules[i].delay) delay += rules[i].value;
    else code = rules[i].value;
  }
  pthread_mutex_unlock(&mutex);
  if (delay > 0) nanosleep(&(struct timespec){ delay / 1000000, (delay % 1000000) * 1000 }, NULL);
  return code;
}

/* A handle is an address, as in the real library: that of the GPU's state, or of the MIG device within it. */
static int index_of(void *device) { return (int)(((char *)device - (char *)gpus) / (long)sizeof(Gpu)); }
static Mig *mig_of(void *device) { Gpu *gpu = &gpus[index_of(device)]; return device == (void *)gpu ? NULL : (Mig *)device; }
/* What a MIG device has no counter for. */
#define WHOLE(device) if (mig_of(device)) return NOT_SUPPORTED;

static unsigned long long micros(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1000000ull + now.tv_nsec / 1000;
}
static unsigned int turn(Turns turns, unsigned long long at) { return (at / turns.every) % 2 ? turns.b : turns.a; }
#define BEGIN(device) int g = index_of(device); if (g < 0 || g >= GPUS) return INVALID; int code = planted(__func__, g); if (code != OK) return code;

static void count_user(int by) { pthread_mutex_lock(&mutex); initialized += by; pthread_mutex_unlock(&mutex); }
int nvmlInit_v2(void) { count_user(1); int code = planted(__func__, -1); if (code != OK) count_user(-1); return code; }
int nvmlShutdown(void) { count_user(-1); return OK; }
static int text(char *out, unsigned int length, const char *from) {
  if (strlen(from) + 1 > length) return INSUFFICIENT_SIZE;
  strcpy(out, from);
  return OK;
}
int nvmlSystemGetDriverVersion(char *out, unsigned int length) { int code = planted(__func__, -1); return code ? code : text(out, length, driver); }
int nvmlSystemGetCudaDriverVersion_v2(int *version) { int code = planted(__func__, -1); *version = 13000; return code; }
int nvmlDeviceGetCount_v2(unsigned int *count) { int code = planted(__func__, -1); *count = gpu_count; return code; }
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **device) {
  int code = planted(__func__, (int)index);
  if (code != OK) return code;
  if ((int)index >= gpu_count) return INVALID;
  *device = &gpus[index];
  return OK;
}
int nvmlDeviceGetUUID(void *device, char *out, unsigned int length) {
  BEGIN(device)
  char uuid[64];
  Mig *mig = mig_of(device);
  if (mig) snprintf(uuid, sizeof uuid, "MIG-0000000%x-1111-2222-3333-44444444444%x", g, (unsigned int)(mig - gpus[g].mig));
  else snprintf(uuid, sizeof uuid, "GPU-0000000%x-1111-2222-3333-444444444444", g);
  return text(out, length, uuid);
}
int nvmlDeviceGetName(void *device, char *out, unsigned int length) {
  BEGIN(device)
  char name[80];
  Mig *mig = mig_of(device);
  snprintf(name, sizeof name, "Simulated %s%s", gpus[g].name, mig ? " MIG" : "");
  return text(out, length, name);
}
int nvmlDeviceGetArchitecture(void *device, unsigned int *out) { BEGIN(device) *out = gpus[g].architecture; return OK; }

static unsigned long long used(int g) { return gpus[g].used + (gpus[g].counting ? readings[g]++ : 0); }
int nvmlDeviceGetMemoryInfo(void *device, nvmlMemory_t *out) {
  BEGIN(device)
  Mig *mig = mig_of(device);
  if (mig) { *out = (nvmlMemory_t){ mig->total, mig->total - mig->used, mig->used }; return OK; }
  unsigned long long taken = used(g) + gpus[g].reserved;
  *out = (nvmlMemory_t){ gpus[g].total, gpus[g].total - taken, taken };
  return OK;
}
#ifndef WITHOUT_MEMORY_V2
int nvmlDeviceGetMemoryInfo_v2(void *device, nvmlMemory_v2_t *out) {
  BEGIN(device)
  if (out->version != (sizeof(nvmlMemory_v2_t) | (2u << 24))) return VERSION_MISMATCH;
  Mig *mig = mig_of(device);
  if (mig) { *out = (nvmlMemory_v2_t){ out->version, mig->total, 0, mig->total - mig->used, mig->used }; return OK; }
  unsigned long long taken = used(g);
  *out = (nvmlMemory_v2_t){ out->version, gpus[g].total, gpus[g].reserved, gpus[g].total - gpus[g].reserved - taken, taken };
  return OK;
}
#endif
int nvmlDeviceGetUtilizationRates(void *device, nvmlUtilization_t *out) {
  BEGIN(device)
  WHOLE(device)
  Turns turns = gpus[g].renewed[UTILIZATION];
  *out = (nvmlUtilization_t){ turns.every ? turn(turns, micros(CLOCK_MONOTONIC)) : gpus[g].gpu, gpus[g].memory };
  return OK;
}
int nvmlDeviceGetPowerUsage(void *device, unsigned int *out) {
  BEGIN(device)
  WHOLE(device)
  Turns turns = gpus[g].renewed[POWER];
  *out = turns.every ? turn(turns, micros(CLOCK_MONOTONIC)) : gpus[g].power;
  return OK;
}
int nvmlDeviceGetEncoderUtilization(void *device, unsigned int *out, unsigned int *period) { BEGIN(device) WHOLE(device) *out = gpus[g].encoder; *period = 167000; return OK; }
int nvmlDeviceGetDecoderUtilization(void *device, unsigned int *out, unsigned int *period) { BEGIN(device) WHOLE(device) *out = gpus[g].decoder; *period = 167000; return OK; }
int nvmlDeviceGetCurrentClocksThrottleReasons(void *device, unsigned long long *out) { BEGIN(device) WHOLE(device) *out = gpus[g].throttle; return OK; }
int nvmlDeviceGetFanSpeed(void *device, unsigned int *out) { BEGIN(device) WHOLE(device) *out = gpus[g].fan; return OK; }
int nvmlDeviceGetCurrPcieLinkGeneration(void *device, unsigned int *out) { BEGIN(device) WHOLE(device) *out = gpus[g].generation; return OK; }
int nvmlDeviceGetCurrPcieLinkWidth(void *device, unsigned int *out) { BEGIN(device) WHOLE(device) *out = gpus[g].width; return OK; }
int nvmlDeviceGetPcieThroughput(void *device, int counter, unsigned int *out) {
  BEGIN(device)
  WHOLE(device)
  if (counter != 0 && counter != 1) return INVALID;
  nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
  *out = counter == 0 ? gpus[g].tx : gpus[g].rx;
  return OK;
}
int nvmlDeviceGetTotalEccErrors(void *device, int kind, int counter, unsigned long long *out) {
  BEGIN(device)
  if (!gpus[g].counts_errors) return NOT_SUPPORTED;
  if (counter != 0) return INVALID;
  *out = kind == 0 ? gpus[g].corrected : gpus[g].uncorrected;
  return OK;
}
int nvmlDeviceGetMigMode(void *device, unsigned int *mode, unsigned int *pending) {
  BEGIN(device)
  *mode = 0;
  for (int i = 0; i < SLOTS; i++) if (gpus[g].mig[i].there) *mode = 1;
  *pending = *mode;
  return OK;
}
int nvmlDeviceGetMaxMigDeviceCount(void *device, unsigned int *count) { BEGIN(device) *count = SLOTS; return OK; }
int nvmlDeviceGetMigDeviceHandleByIndex(void *device, unsigned int slot, void **out) {
  BEGIN(device)
  if (slot >= SLOTS || !gpus[g].mig[slot].there) return NOT_FOUND;
  *out = &gpus[g].mig[slot];
  return OK;
}
int nvmlDeviceGetGpuInstanceId(void *device, unsigned int *id) {
  BEGIN(device)
  Mig *mig = mig_of(device);
  if (!mig) return NOT_SUPPORTED;
  *id = (unsigned int)(mig - gpus[g].mig) + FIRST_INSTANCE;
  return OK;
}
int nvmlDeviceGetComputeInstanceId(void *device, unsigned int *id) { BEGIN(device) if (!mig_of(device)) return NOT_SUPPORTED; *id = 0; return OK; }
#if PROCESS_CALLS == 3
int nvmlDeviceGetSamples(void *device, int type, unsigned long long since, int *kind, unsigned int *count, nvmlSample_t *out) {
  BEGIN(device)
  if (type < 0 || type >= KINDS || !gpus[g].sampled[type].every) return NOT_SUPPORTED;
  Turns turns = gpus[g].sampled[type];
  unsigned long long last = micros(CLOCK_REALTIME) / turns.every, found = 0;
  *kind = 1;
  for (unsigned long long i = last - KEPT + 1; i <= last; i++) {
    if (i * turns.every <= since) continue;
    if (out && found < *count) out[found] = (nvmlSample_t){ i * turns.every, { .ui = turn(turns, i * turns.every) } };
    found++;
  }
  int fits = !out || found <= *count;
  *count = found;
  return found == 0 ? NOT_FOUND : fits ? OK : INSUFFICIENT_SIZE;
}
int nvmlDeviceGetProcessUtilization(void *device, nvmlProcessUtilizationSample_t *out, unsigned int *count, unsigned long long since) {
  BEGIN(device)
  const unsigned long long every = 166667;
  unsigned long long last = micros(CLOCK_REALTIME) / every;
  unsigned int found = 0;
  for (int i = 0; i < use_count; i++) {
    for (unsigned long long at = last - 5; uses[i].gpu == g && at <= last; at++) {
      if (at * every <= since) continue;
      if (out && found < *count) out[found] = (nvmlProcessUtilizationSample_t){ uses[i].pid, at * every, uses[i].percent, 0, 0, 0 };
      found++;
    }
  }
  int fits = out && found <= *count;
  *count = found;
  return found == 0 ? NOT_FOUND : fits ? OK : INSUFFICIENT_SIZE;
}
#endif
int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *out) {
  BEGIN(device)
  WHOLE(device)
  /* As a device that draws its power steadily would. */
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  *out = gpus[g].energy + (unsigned long long)((now.tv_sec + now.tv_nsec / 1e9) * gpus[g].power);
  return OK;
}
int nvmlDeviceGetTemperature(void *device, int sensor, unsigned int *out) { BEGIN(device) if (sensor != 0) return INVALID; *out = gpus[g].temperature; return OK; }
int nvmlDeviceGetClockInfo(void *device, int kind, unsigned int *out) { BEGIN(device) if (kind != 1 && kind != 2) return INVALID; *out = kind == 1 ? gpus[g].clock : gpus[g].memory_clock; return OK; }
int nvmlDeviceGetFieldValues(void *device, int count, nvmlFieldValue_t *values) {
  BEGIN(device)
  for (int i = 0; i < count; i++) {
    values[i].nvmlReturn = values[i].fieldId == 186 ? OK : NOT_SUPPORTED;
    values[i].valueType = 1;
    values[i].value.ui = gpus[g].instant;
  }
  return OK;
}

static int list(int g, int graphics, unsigned int *count, nvmlProcessInfo_t *out) {
  unsigned int found = 0;
  for (int i = 0; i < process_count; i++) {
    if (processes[i].gpu != g || processes[i].graphics != graphics) continue;
    if (found < *count) out[found] = (nvmlProcessInfo_t){ processes[i].pid, processes[i].bytes, processes[i].slot < 0 ? 0xffffffff : (unsigned int)processes[i].slot + FIRST_INSTANCE, processes[i].slot < 0 ? 0xffffffff : 0 };
    found++;
  }
  int fits = found <= *count;
  *count = found;
  return fits ? OK : INSUFFICIENT_SIZE;
}
#if PROCESS_CALLS >= 3
int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned int *count, nvmlProcessInfo_t *out) { BEGIN(device) return list(g, 0, count, out); }
int nvmlDeviceGetGraphicsRunningProcesses_v3(void *device, unsigned int *count, nvmlProcessInfo_t *out) { BEGIN(device) return list(g, 1, count, out); }
#endif
#if PROCESS_CALLS >= 2
int nvmlDeviceGetComputeRunningProcesses_v2(void *device, unsigned int *count, nvmlProcessInfo_t *out) { BEGIN(device) return list(g, 0, count, out); }
int nvmlDeviceGetGraphicsRunningProcesses_v2(void *device, unsigned int *count, nvmlProcessInfo_t *out) { BEGIN(device) return list(g, 1, count, out); }
#endif

/* The first version knows nothing of instances, so its entries are shorter. */
static int short_list(int g, int graphics, unsigned int *count, nvmlProcessInfo_v1_t *out) {
  static nvmlProcessInfo_t all[PROCESSES];
  unsigned int room = *count < PROCESSES ? *count : PROCESSES;
  *count = room;
  int code = list(g, graphics, count, all);
  for (unsigned int i = 0; code == OK && i < *count; i++) out[i] = (nvmlProcessInfo_v1_t){ all[i].pid, all[i].usedGpuMemory };
  return code;
}
int nvmlDeviceGetComputeRunningProcesses(void *device, unsigned int *count, nvmlProcessInfo_v1_t *out) { BEGIN(device) return short_list(g, 0, count, out); }
int nvmlDeviceGetGraphicsRunningProcesses(void *device, unsigned int *count, nvmlProcessInfo_v1_t *out) { BEGIN(device) return short_list(g, 1, count, out); }
