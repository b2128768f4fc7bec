#define _GNU_SOURCE
#include "subscribers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

enum { BATCH = 512, MOST_TAIL = 64, MOST_READ = 1 << 17, OPENING_AT_A_TIME = 64 };

struct subscriber {
  int descriptor;
  // The number of the wait in which it last had the needle.
  uint32_t found_in;
  // The end of what it read before, for a needle that comes in two pieces.
  uint8_t tail_bytes;
  char tail[MOST_TAIL];
};

static struct subscriber subscribers[MOST_SUBSCRIBERS];
static int count;
static int epoll = -1;
static uint32_t wait_number;
static char buffer[MOST_TAIL + MOST_READ];

int subscriber_count(void) { return count; }

static void await_first_bytes(int from) {
  for (int i = from; i < count; i++) {
    char head[MOST_TAIL];
    // Only looked at: what comes with the head is read like everything else.
    if (recv(subscribers[i].descriptor, head, sizeof head, MSG_PEEK) <= 0) die("no answer");
    if (memcmp(head, "HTTP/1.1 200", 12) != 0) die("the answer is not 200");
    fcntl(subscribers[i].descriptor, F_SETFL, O_NONBLOCK);
  }
}

void subscribe(int port, const char *path, int more) {
  char request[512];
  int length = snprintf(
      request, sizeof request,
      "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n", path);
  if (epoll < 0) epoll = epoll_create1(EPOLL_CLOEXEC);
  if (count + more > MOST_SUBSCRIBERS) die("too many subscribers");
  int opened = count;
  for (int i = 0; i < more; i++) {
    struct subscriber *next = &subscribers[count];
    *next = (struct subscriber){.descriptor = connect_to(port)};
    write_all(next->descriptor, request, length);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = count};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, next->descriptor, &event) < 0) die("epoll_ctl");
    count++;
    if (count - opened == OPENING_AT_A_TIME || i == more - 1) {
      await_first_bytes(opened);
      opened = count;
    }
  }
}

// Reads what one subscriber has: whether `needle` is in it.
static bool read_one(struct subscriber *one, const char *needle, size_t needle_bytes, size_t *bytes) {
  char *fresh = buffer + MOST_TAIL;
  ssize_t got = recv(one->descriptor, fresh, MOST_READ, 0);
  if (got < 0 && errno == EAGAIN) return false;
  if (got <= 0) die("a subscription ended");
  *bytes += got;
  if (needle_bytes == 0) return false;
  char *start = fresh - one->tail_bytes;
  memcpy(start, one->tail, one->tail_bytes);
  size_t there = one->tail_bytes + got;
  bool found = memmem(start, there, needle, needle_bytes) != NULL;
  one->tail_bytes = there < needle_bytes - 1 ? there : needle_bytes - 1;
  memcpy(one->tail, start + there - one->tail_bytes, one->tail_bytes);
  return found;
}

static int milliseconds_until(int64_t deadline_ns) {
  int64_t left = deadline_ns - now_ns();
  return left <= 0 ? 0 : (int)(left / 1000000 + 1);
}

struct tally await_needle(const char *needle, int expected, int64_t deadline_ns) {
  struct epoll_event ready[BATCH];
  struct tally tally = {0};
  size_t needle_bytes = strlen(needle);
  if (needle_bytes > MOST_TAIL) die("the needle is too long");
  wait_number++;
  for (int left = expected; left > 0;) {
    int woken = epoll_wait(epoll, ready, BATCH, milliseconds_until(deadline_ns));
    if (woken == 0 && now_ns() >= deadline_ns) return tally;
    for (int i = 0; i < woken; i++) {
      struct subscriber *one = &subscribers[ready[i].data.u32];
      if (!read_one(one, needle, needle_bytes, &tally.bytes)) continue;
      if (one->found_in == wait_number) continue;
      one->found_in = wait_number;
      left--;
    }
  }
  tally.last_ns = now_ns();
  return tally;
}

void count_reads(int *bins, int bin_count, int64_t bin_ns) {
  struct epoll_event ready[BATCH];
  int64_t start = now_ns(), end = start + bin_count * bin_ns;
  size_t bytes = 0;
  for (int64_t now = start; now < end; now = now_ns()) {
    int woken = epoll_wait(epoll, ready, BATCH, milliseconds_until(end));
    int64_t bin = (now_ns() - start) / bin_ns;
    for (int i = 0; i < woken; i++) {
      read_one(&subscribers[ready[i].data.u32], "", 0, &bytes);
      if (bin < bin_count) bins[bin]++;
    }
  }
}

void drain(int64_t quiet_ns) {
  struct epoll_event ready[BATCH];
  size_t bytes = 0;
  if (epoll < 0) return;
  for (int64_t end = now_ns() + quiet_ns; now_ns() < end;) {
    int woken = epoll_wait(epoll, ready, BATCH, milliseconds_until(end));
    for (int i = 0; i < woken; i++) read_one(&subscribers[ready[i].data.u32], "", 0, &bytes);
    if (woken > 0) end = now_ns() + quiet_ns;
  }
}
