#!/usr/bin/env bash
# Rings the bell for each payment that comes in, and says how much. Comes back by event id after an outage.
#
#   bell.sh [URL]            WALLETWIRE_TOKEN, where a token is set; BELL, the command to run instead of a beep
set -uo pipefail

url=${1:-http://127.0.0.1:2121}
last_id=
while true; do
  while IFS= read -r line; do
    case $line in
      id:*) last_id=${line#id: } ;;
      'data: '*'"direction":"incoming"'*'"status":"settled"'*)
        sat=${line#*'"amount_sat":'}
        printf 'received %s sat\n' "${sat%%,*}"
        ${BELL:-printf '\a'}
        ;;
    esac
  done < <(curl -sN -H "Last-Event-ID: $last_id" \
    ${WALLETWIRE_TOKEN:+-H "Authorization: Bearer $WALLETWIRE_TOKEN"} \
    "$url/api/v1/events?types=payment")
  sleep 2
done
