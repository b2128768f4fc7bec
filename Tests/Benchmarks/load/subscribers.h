// Many subscribers of one event stream, on one epoll set.
#ifndef LOAD_SUBSCRIBERS_H
#define LOAD_SUBSCRIBERS_H

#include <stddef.h>
#include <stdint.h>

enum { MOST_SUBSCRIBERS = 16384 };

struct tally {
  // When the last of them had the needle; 0 when the time was up before.
  int64_t last_ns;
  size_t bytes;
};

// Opens `count` more subscriptions of `path`, a few at a time; returns when each has had its first bytes.
void subscribe(int port, const char *path, int count);

// How many are open.
int subscriber_count(void);

// Reads until `expected` of them have had `needle`, or until `deadline_ns`.
struct tally await_needle(const char *needle, int expected, int64_t deadline_ns);

// Reads for a time; counts the reads, and puts into `bins[i]` those of the i-th span of `bin_ns`.
void count_reads(int *bins, int bin_count, int64_t bin_ns);

// Reads and forgets until nothing has come for `quiet_ns`.
void drain(int64_t quiet_ns);

#endif
