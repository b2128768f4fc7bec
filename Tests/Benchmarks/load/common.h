// What the parts of the load client share.
#ifndef LOAD_COMMON_H
#define LOAD_COMMON_H

#include <stddef.h>
#include <stdint.h>

// Ends the process: a benchmark that goes on after a failure measures nothing.
_Noreturn void die(const char *what);

// Monotonic, in nanoseconds.
int64_t now_ns(void);

// A blocking connection to a loopback port, with TCP_NODELAY.
int connect_to(int port);

// Writes all of it.
void write_all(int descriptor, const void *bytes, size_t count);

#endif
