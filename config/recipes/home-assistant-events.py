#!/usr/bin/env python3
"""Tells Home Assistant of each payment, by a webhook. Needs follow.py beside it.

    home-assistant-events.py WEBHOOK [URL]

WEBHOOK is like http://homeassistant.local:8123/api/webhook/walletwire-payment
"""

import json
import os
import sys
import urllib.request

from follow import events


def tell(webhook, payment):
    body = json.dumps(payment).encode()
    headers = {"Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(webhook, body, headers), timeout=10).close()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    address = sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:2121"
    for _, kind, data in events(address, os.environ.get("WALLETWIRE_TOKEN")):
        if kind == "payment":
            try:
                tell(sys.argv[1], data)
            except OSError as error:
                print(f"home assistant: {error}", file=sys.stderr)
