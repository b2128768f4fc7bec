#!/usr/bin/env python3
"""Follows a Walletwire's event stream with nothing but the standard library; comes back by event id.

    follow.py [URL]          WALLETWIRE_TOKEN, where a token is set
"""

import json
import os
import sys
import time
import urllib.request


def events(url, token=None, last_id=""):
    """Each event as (id, type, data), for ever."""
    while True:
        headers = {"Last-Event-ID": last_id} if last_id else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            request = urllib.request.Request(f"{url}/api/v1/events", headers=headers)
            # The stream says something every 15 s; twice that without a word is a dead connection.
            with urllib.request.urlopen(request, timeout=30) as stream:
                kind, data = "message", []
                for raw in stream:
                    name, _, value = raw.decode().rstrip("\r\n").partition(": ")
                    if name == "id":
                        last_id = value
                    elif name == "event":
                        kind = value
                    elif name == "data":
                        data.append(value)
                    elif not name and data:
                        yield last_id, kind, json.loads("\n".join(data))
                    if not name:
                        kind, data = "message", []
        except OSError as error:
            print(f"walletwire: {error}; again in 2 s", file=sys.stderr)
        time.sleep(2)


def visible(text):
    """A payer's words, without what would steer the terminal; the joiner is for emoji."""
    return "".join(c if c.isprintable() or c == "\u200d" else "?" for c in text)


if __name__ == "__main__":
    address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:2121"
    for _, kind, data in events(address, os.environ.get("WALLETWIRE_TOKEN")):
        if kind == "payment" and data["status"] == "settled":
            sign = "+" if data["direction"] == "incoming" else "-"
            print(f"{sign}{data['amount_msat'] / 1000:.3f} sat  {visible(data['memo'])}", flush=True)
        elif kind == "gap":
            print(f"events are missing after {data['requested']}: {data['reason']}", flush=True)
