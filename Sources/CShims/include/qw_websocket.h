#ifndef QW_WEBSOCKET_H
#define QW_WEBSOCKET_H
#include <stddef.h>
#include <stdint.h>
#endif
