// The client side of the benchmarks: subscribers, the upstream, and a publisher, in one process with one clock.
//
// It prints the port of its wallets, then obeys lines on its standard input and answers each with a line of JSON:
//
//   subscribe PORT PATH COUNT      opens subscriptions, besides those that are open
//   by wallet KEY | by post PORT PATH | by bare PORT     how events are published
//   wallets COUNT                  waits until so many wallets' sockets are open
//   events COUNT GAP_US BYTES EXPECTED   publishes one after the other, each when EXPECTED have the one before
//   flood COUNT                    publishes frames as fast as they are taken
//   idle BINS BIN_MS               reads, and counts the reads in each span of time
//   replay PORT PATH               one reader, from the first byte to the snapshot
#define _GNU_SOURCE
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"
#include "publisher.h"
#include "subscribers.h"
#include "wallet.h"

enum { MOST_BINS = 10000, REPLAY_BYTES = 1 << 20 };

static const int64_t MILLISECOND = 1000000, SECOND = 1000000000, PATIENCE = 60 * SECOND;

// The number of the next event, which is also the wallet's balance in sats.
static int64_t next_number = 1000001;

static void events(int count, int gap_us, size_t bytes, int expected) {
  drain(MILLISECOND);
  printf("{\"us\":[");
  size_t received = 0;
  for (int i = 0; i < count; i++) {
    int64_t begin = now_ns();
    publish(next_number, bytes);
    struct tally tally = await_needle(needle(next_number), expected, begin + PATIENCE);
    if (tally.last_ns == 0) die("an event did not reach everyone");
    received += tally.bytes;
    printf("%s%.1f", i ? "," : "", (tally.last_ns - begin) / 1000.0);
    next_number++;
    usleep(gap_us);
  }
  printf("],\"bytes\":%.1f}\n", (double)received / count / expected);
}

static void *flood_in_background(void *count) {
  flood(next_number, *(int64_t *)count);
  return NULL;
}

static void flood_and_wait(int64_t count) {
  drain(MILLISECOND);
  pthread_t thread;
  int64_t begin = now_ns();
  if (pthread_create(&thread, NULL, flood_in_background, &count) != 0) die("pthread_create");
  struct tally tally =
      await_needle(needle(next_number + count - 1), subscriber_count(), begin + 3 * PATIENCE);
  pthread_join(thread, NULL);
  if (tally.last_ns == 0) die("a flood did not reach everyone");
  next_number += count;
  printf("{\"seconds\":%.6f,\"bytes\":%zu}\n", (tally.last_ns - begin) / 1e9, tally.bytes);
}

static void idle(int bin_count, int bin_ms) {
  static int bins[MOST_BINS];
  if (bin_count > MOST_BINS) die("too many bins");
  memset(bins, 0, sizeof bins);
  drain(10 * MILLISECOND);
  count_reads(bins, bin_count, bin_ms * MILLISECOND);
  printf("{\"reads\":[");
  for (int i = 0; i < bin_count; i++) printf("%s%d", i ? "," : "", bins[i]);
  printf("]}\n");
}

static void replay(int port, const char *path) {
  static const char END[] = "event: snapshot\n";
  static char buffer[sizeof END + REPLAY_BYTES];
  char request[512];
  int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", path);
  int64_t begin = now_ns();
  int descriptor = connect_to(port);
  write_all(descriptor, request, length);
  size_t total = 0, tail = 0;
  for (bool ended = false; !ended;) {
    ssize_t got = read(descriptor, buffer + tail, REPLAY_BYTES);
    if (got <= 0) die("a replay ended early");
    total += got;
    ended = memmem(buffer, tail + got, END, sizeof END - 1) != NULL;
    size_t there = tail + got;
    tail = there < sizeof END - 2 ? there : sizeof END - 2;
    memmove(buffer, buffer + there - tail, tail);
  }
  printf("{\"seconds\":%.6f,\"bytes\":%zu}\n", (now_ns() - begin) / 1e9, total);
  close(descriptor);
}

static void obey(const char *line) {
  char text[256];
  int port, count, a;
  long long big;
  size_t bytes;
  if (sscanf(line, "events %d %d %zu %d", &count, &a, &bytes, &port) == 4) {
    events(count, a, bytes, port);
  } else if (sscanf(line, "flood %lld", &big) == 1) {
    flood_and_wait(big);
  } else if (sscanf(line, "idle %d %d", &count, &a) == 2) {
    idle(count, a);
  } else if (sscanf(line, "replay %d %255s", &port, text) == 2) {
    replay(port, text);
  } else {
    if (sscanf(line, "subscribe %d %255s %d", &port, text, &count) == 3) {
      subscribe(port, text, count);
      drain(50 * MILLISECOND);
    } else if (sscanf(line, "by wallet %255s", text) == 1) {
      publish_by_wallet(text);
    } else if (sscanf(line, "by post %d %255s", &port, text) == 2) {
      publish_by_post(port, text);
    } else if (sscanf(line, "by bare %d", &port) == 1) {
      publish_bare(port);
    } else if (sscanf(line, "wallets %d", &count) == 1) {
      for (int64_t end = now_ns() + PATIENCE; open_wallets() < count; usleep(2000))
        if (now_ns() > end) die("the wallets' sockets do not open");
    } else {
      die("no such command");
    }
    printf("{}\n");
  }
  fflush(stdout);
}

int main(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  printf("{\"port\":%d}\n", start_wallets());
  fflush(stdout);
  char line[512];
  while (fgets(line, sizeof line, stdin)) obey(line);
}
