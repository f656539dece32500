#define _GNU_SOURCE
#include "CSampler.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* Of the Swift runtime (swift/Demangling/Demangle.h) and of the C++ one, which the Swift runtime brings along. */
typedef char *(*swift_demangler)(const char *, size_t, char *, size_t *, uint32_t);
typedef char *(*cxx_demangler)(const char *, char *, size_t *, int *);

static size_t keep(char *text, char *out, size_t size) {
  if (text == NULL) return 0;
  size_t n = strnlen(text, size - 1);
  memcpy(out, text, n);
  out[n] = 0;
  free(text);
  return n;
}

size_t qw_demangle(const char *name, char *out, size_t size) {
  if (size == 0) return 0;
  if (strncmp(name, "$s", 2) == 0 || strncmp(name, "$S", 2) == 0 || strncmp(name, "_T0", 3) == 0) {
    swift_demangler demangle = (swift_demangler)dlsym(RTLD_DEFAULT, "swift_demangle");
    return demangle == NULL ? 0 : keep(demangle(name, strlen(name), NULL, NULL, 0), out, size);
  }
  if (strncmp(name, "_Z", 2) == 0) {
    cxx_demangler demangle = (cxx_demangler)dlsym(RTLD_DEFAULT, "__cxa_demangle");
    int status = 0;
    return demangle == NULL ? 0 : keep(demangle(name, NULL, NULL, &status), out, size);
  }
  return 0;
}
