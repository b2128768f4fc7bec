// The upstream of the bridge under load: as much of an LNbits as it takes to be one wallet, or a thousand.
#ifndef LOAD_WALLET_H
#define LOAD_WALLET_H

#include <stddef.h>
#include <stdint.h>

// Listens on loopback, on a thread of its own; returns the port. Any key is a wallet without payments.
int start_wallets(void);

// How many sockets are open.
int open_wallets(void);

// The socket of the wallet with this key; -1 while it is not open.
int wallet_socket(const char *key);

// Sends whole frames on a wallet's socket.
void send_frames(int descriptor, const void *frames, size_t count);

// Bytes of the frame that announces the payment number `number`, one sat, to `buffer` (2 KiB suffice): the balance
// is then `number` sats.
size_t payment_frame(uint8_t *buffer, size_t capacity, int64_t number);

#endif
