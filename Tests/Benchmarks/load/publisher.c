#define _GNU_SOURCE
#include "publisher.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "wallet.h"

enum { MOST_MESSAGE = 1 << 15, MOST_FRAME = 4096, WALLET_PATIENCE_S = 60, FRAMES_A_WRITE = 64 };

static enum { NONE, WALLET, POST, BARE } kind;
static int descriptor;
static char post_path[128];

void publish_by_wallet(const char *key) {
  for (int tries = 0; (descriptor = wallet_socket(key)) < 0; tries++) {
    if (tries == WALLET_PATIENCE_S * 100) die("the bridge does not open the wallet's socket");
    usleep(10000);
  }
  kind = WALLET;
}

void publish_by_post(int port, const char *path) {
  descriptor = connect_to(port);
  snprintf(post_path, sizeof post_path, "%s", path);
  kind = POST;
}

void publish_bare(int port) {
  descriptor = connect_to(port);
  write_all(descriptor, "", 1);
  kind = BARE;
}

const char *needle(int64_t number) {
  static char text[64];
  snprintf(text, sizeof text, "\"balance_sat\":%lld,", (long long)number);
  return text;
}

// A message of the same size as the bridge's, with the needle at the same place, near its end.
static void fill(char *message, size_t bytes, int64_t number) {
  char end[96];
  int length = snprintf(end, sizeof end, "%s\"end\":true}", needle(number));
  if (bytes < (size_t)length + 1 || bytes > MOST_MESSAGE) die("a message of an unexpected size");
  memset(message, 'x', bytes);
  message[0] = '{';
  memcpy(message + bytes - length, end, length);
}

static void post(const char *message, size_t bytes) {
  static char request[MOST_MESSAGE + 512];
  int head = snprintf(
      request, sizeof request,
      "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n",
      post_path, bytes);
  memcpy(request + head, message, bytes);
  write_all(descriptor, request, head + bytes);
}

// The answer to the last POST, which comes at its own time, before the next.
static void take_answer(void) {
  static char answer[8192];
  size_t got = 0;
  for (;;) {
    ssize_t more = read(descriptor, answer + got, sizeof answer - 1 - got);
    if (more <= 0) die("no answer to a POST");
    got += more;
    answer[got] = 0;
    char *body = strstr(answer, "\r\n\r\n"), *field = strcasestr(answer, "Content-Length:");
    if (!body || !field) continue;
    if (answer + got >= body + 4 + atoi(field + 15)) return;
  }
}

void publish(int64_t number, size_t bytes) {
  static char message[MOST_MESSAGE];
  static int posted;
  uint8_t frame[MOST_FRAME];
  switch (kind) {
    case WALLET:
      send_frames(descriptor, frame, payment_frame(frame, sizeof frame, number));
      break;
    case POST:
      if (posted++) take_answer();
      fill(message, bytes, number);
      post(message, bytes);
      break;
    case BARE: {
      uint32_t length = htonl(bytes);
      memcpy(message, &length, 4);
      fill(message + 4, bytes, number);
      write_all(descriptor, message, 4 + bytes);
      break;
    }
    case NONE:
      die("nothing to publish by");
  }
}

void flood(int64_t first, int64_t count) {
  static uint8_t frames[FRAMES_A_WRITE * MOST_FRAME];
  if (kind != WALLET) die("only a wallet floods");
  for (int64_t i = 0; i < count;) {
    size_t bytes = 0;
    for (int n = 0; n < FRAMES_A_WRITE && i < count; n++, i++)
      bytes += payment_frame(frames + bytes, MOST_FRAME, first + i);
    send_frames(descriptor, frames, bytes);
  }
}
