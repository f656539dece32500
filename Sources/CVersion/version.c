#include "version.h"

/* Package.swift defines QW_COMMIT for this file alone, so that another commit compiles nothing but it. */
#ifndef QW_COMMIT
#define QW_COMMIT ""
#endif

const char *qw_commit(void) { return QW_COMMIT; }
