"""A chaos run on real parts: LNbits, curl, Chromium, and the bridge that must get it all right.

    WALLETWIRE_BINARY=… .cache/browser/bin/python Tests/Chaos/run_chaos.py --seed 7

Prints its seed first. The same seed plans the same run; threads and processes keep their own time,
so it is the timeline, printed when something failed, that says what happened.
"""

import argparse
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Integration"))

from chaos.browser import Browser  # noqa: E402
from chaos.oracle import (  # noqa: E402
    Oracle,
    complaints_about_order,
    complaints_about_story,
)
from chaos.payments import Payments  # noqa: E402
from chaos.subscriber import CurlSubscriber, Story, Told  # noqa: E402
from chaos.theatre import Theatre  # noqa: E402
from chaos.trouble import Plan, Trouble  # noqa: E402
from lab.stream import EventStream  # noqa: E402

QUICK_SETTLE_S = 30
DEFAULT_SETTLE_S = 240
"""A minute of silence after a 429, a minute until the next reconcile, a minute's worst delay."""
QUIET_S = 2
"""How long nothing more may come once all is told."""
MOST_COMPLAINTS_SHOWN = 20


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=None, help="default: drawn and printed")
    parser.add_argument("--payments", type=int, default=300)
    parser.add_argument("--bridge-kills", type=int, default=6)
    parser.add_argument("--lnbits-kills", type=int, default=1)
    parser.add_argument("--black-holes", type=int, default=2)
    parser.add_argument("--subscribers", type=int, default=6, help="half curl, half EventSource")
    parser.add_argument("--seconds", type=float, default=35, help="how long the payments go on")
    parser.add_argument(
        "--defaults", action="store_true", help="default limits, delays and rate limit, both sides"
    )
    parser.add_argument("--keep", type=Path, help="a folder for logs and stores, kept")
    given = parser.parse_args()
    given.seed = secrets.randbelow(1_000_000) if given.seed is None else given.seed
    return given


class Run:
    """One run from the first subscriber to the oracle's last word."""

    def __init__(self, given: argparse.Namespace, folder: Path):
        self.given = given
        self.passed = 0
        self.complaints: list[str] = []
        self.theatre = Theatre(folder, given.seed, given.defaults)
        self.subscribers: list = []
        self.settled_after = 0.0

    def perform(self) -> None:
        given, theatre = self.given, self.theatre
        theatre.open()
        oracle = Oracle(theatre)
        curls = given.subscribers - given.subscribers // 2
        self.subscribers += [
            CurlSubscriber(str(index), theatre.bridge.url, given.seed + index)
            for index in range(curls)
        ]
        self.subscribers += Browser(theatre.bridge.url, given.subscribers // 2).subscribers
        payments = Payments(theatre)
        plan = Plan(
            given.seconds, given.bridge_kills, given.lnbits_kills, given.black_holes, given.defaults
        )
        trouble = Trouble(theatre, payments, self.subscribers, plan, given.seed)
        payments.play(given.payments, given.seconds)
        trouble.finish()
        payments.wait_for_lnbits()
        payments.conclude()
        theatre.timeline.note("the dust may settle")
        self.judge(oracle)
        self.report(payments, trouble)

    # Judgement

    def judge(self, oracle: Oracle) -> None:
        started = time.monotonic()
        bound = DEFAULT_SETTLE_S if self.given.defaults else QUICK_SETTLE_S
        while (left := self.unsettled(oracle)) and time.monotonic() - started < bound:
            time.sleep(0.5)
        self.settled_after = time.monotonic() - started
        self.theatre.timeline.note(f"settled, or given up: {left[:3]}")
        time.sleep(QUIET_S)
        reference = self.log_of_bridge()
        self.check("LNbits' own rows and balances", oracle.complaints_about_truth(reference))
        self.check("connected, books balanced", oracle.complaints_about_status())
        self.check("one order, legal ways", complaints_about_order(reference))
        for subscriber in self.subscribers:
            story: Story = subscriber.story
            complaints = complaints_about_story(story, reference)
            if story.drops == 0 and story.connections < 2:
                complaints.append(f"{story.name} never had to come back: it proves nothing")
            self.check(story.name, complaints)

    def unsettled(self, oracle: Oracle) -> list[str]:
        """What is still missing. Asked again and again, until there is nothing."""
        reference = self.log_of_bridge()
        left = oracle.complaints_about_status() + oracle.complaints_about_truth(reference)
        behind = [s.story.name for s in self.subscribers if len(s.story.told) < len(reference)]
        return left + [f"{name} is behind" for name in behind]

    def log_of_bridge(self) -> list[Told]:
        """The whole story as a newcomer hears it."""
        stream = EventStream(self.theatre.bridge.url + "/api/v1/events?since=earliest")
        stream.wait_for(lambda s: s.of_kind("snapshot"), 30, "a snapshot")
        stream.close()
        return [
            Told(block.value("id") or "", block.value("event") or "", block.value("data") or "")
            for block in list(stream.blocks)
            if block.value("event") in ("payment", "balance", "watch")
        ]

    def check(self, what: str, complaints: list[str]) -> None:
        if complaints:
            self.complaints.append(f"{what}: {len(complaints)} complaints")
            self.complaints += complaints[:MOST_COMPLAINTS_SHOWN]
            self.failed += 1
        else:
            self.passed += 1

    failed = 0

    def report(self, payments: Payments, trouble: Trouble) -> None:
        given = self.given
        done = (trouble.bridge_kills, trouble.lnbits_kills, trouble.black_holes)
        wanted = (given.bridge_kills, given.lnbits_kills, given.black_holes)
        self.check("the whole plan was carried out", trouble.failures)
        self.check("as much trouble as planned", [] if done == wanted else [f"{done} of {wanted}"])
        print(
            f"payments {payments.made} ({payments.interrupted} calls interrupted), kill -9 of the "
            f"bridge {done[0]}, of LNbits {done[1]}, black holes {done[2]}, "
            f"forged frames {trouble.forgeries}"
        )
        print("kinds:", ", ".join(f"{k} {n}" for k, n in payments.counts.most_common()))
        stories: list[Story] = [subscriber.story for subscriber in self.subscribers]
        print(
            f"subscribers {len(stories)}, connections {sum(s.connections for s in stories)}, "
            f"dropped by us {sum(s.drops for s in stories)}, "
            f"events told to each {min(len(s.told) for s in stories)} to "
            f"{max(len(s.told) for s in stories)}; settled {self.settled_after:.1f} s after the end"
        )

    def close(self) -> None:
        for subscriber in self.subscribers:
            subscriber.stop()
        self.theatre.close()


def main() -> int:
    given = arguments()
    mode = "default limits" if given.defaults else "quick limits"
    print(f"chaos: seed {given.seed}, {given.payments} payments, {mode}", flush=True)
    folder = given.keep or Path(tempfile.mkdtemp(prefix="walletwire-chaos-"))
    started = time.monotonic()
    run = Run(given, folder)
    try:
        run.perform()
    except (Exception, KeyboardInterrupt) as error:
        run.check("the run", [f"{type(error).__name__}: {error}"])
    finally:
        run.close()
    if run.failed:
        print("\n".join(["timeline:", str(run.theatre.timeline), "complaints:", *run.complaints]))
        print(f"again with --seed {given.seed}; logs and store in {folder}")
    elif given.keep is None:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"took {time.monotonic() - started:.0f} s")
    print(f"{run.passed} passed, {run.failed} failed")
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
