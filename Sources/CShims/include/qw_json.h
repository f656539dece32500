#ifndef QW_JSON_H
#define QW_JSON_H
#include <stddef.h>
#include <stdint.h>
#endif
