// The three ways in which an event gets to a server: a frame of a wallet, a POST, bare bytes.
#ifndef LOAD_PUBLISHER_H
#define LOAD_PUBLISHER_H

#include <stddef.h>
#include <stdint.h>

// Events come from the wallet with this key, once the bridge has opened its socket.
void publish_by_wallet(const char *key);

// Events are posted to nchan, on one connection that stays.
void publish_by_post(int port, const char *path);

// Events are handed to the floor.
void publish_bare(int port);

// Publishes the event with this number. Where it is not a frame, the message has `bytes` bytes.
void publish(int64_t number, size_t bytes);

// Publishes `count` frames from `first` on, as fast as they are taken.
void flood(int64_t first, int64_t count);

// What subscribers find in each event, in whichever way it was published.
const char *needle(int64_t number);

#endif
