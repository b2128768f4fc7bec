# Two commands matter: `make run` and `make test`. Both install what they need, and say so.

SWIFT ?= swift
STATIC = -c release --static-swift-stdlib
BINARY = .build/release/walletwire
PREFIX ?= /usr/local
LIVES ?= 10000

.PHONY: run build test unit lint linkage integration browser conformance chaos chaos-short format install clean \
  simulate simulate-short mutants fuzz sanitize bench

run: build
	@.ci/serve $(BINARY)

build:
	@.ci/install-packages build
	$(SWIFT) build $(STATIC) --product walletwire

test: lint unit simulate-short linkage conformance integration browser chaos-short
	@echo "all tests passed"

lint:
	@.ci/install-packages build
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests
	Tests/Simulation/mutants.sh --check

unit:
	@.ci/install-packages build
	@.ci/install-packages test
	$(SWIFT) test

# Lives of the bridge in a seeded world where everything goes wrong, judged by an oracle; about twenty minutes.
# A life that fails is printed with the command that replays it.
simulate:
	@.ci/install-packages build
	$(SWIFT) build $(STATIC) --product simulate
	.build/release/simulate --lives $(LIVES)

simulate-short:
	@$(MAKE) --no-print-directory simulate LIVES=1000

# Plants known bugs, one at a time: the simulation has to catch each.
mutants:
	@.ci/install-packages build
	Tests/Simulation/mutants.sh

# What the release binary is made of.
linkage: build
	@.ci/install-packages test
	@.ci/check-linkage $(BINARY)

# A real LNbits 1.6.2, a real 1.4.1, real mints and the simulator, driven as a user would. Most of it waits, so three
# run at a time; the floods have the machine to themselves.
integration: build
	Tests/Integration/environment/setup.sh
	WALLETWIRE_BINARY=$(BINARY) .cache/tests/bin/python -m pytest -q -n 3 --dist loadfile \
	  --ignore Tests/Integration/test_hostile_clients.py Tests/Integration
	WALLETWIRE_BINARY=$(BINARY) .cache/tests/bin/python -m pytest -q \
	  Tests/Integration/test_hostile_clients.py

# The page in a real browser. How soon a real payment shows is seen with the machine to itself.
browser: build
	Tests/Integration/environment/setup.sh browser lnbits-1.6.2
	.cache/browser/lib/python3*/site-packages/playwright/driver/node --test Tests/Browser/unit/
	WALLETWIRE_BINARY=$(BINARY) .cache/browser/bin/python -m pytest -q -n 2 --dist loadfile \
	  --ignore Tests/Browser/test_real_lnbits.py Tests/Browser
	WALLETWIRE_BINARY=$(BINARY) .cache/browser/bin/python -m pytest -q Tests/Browser/test_real_lnbits.py

# libFuzzer with AddressSanitizer, FUZZ_SECONDS for each place where hostile bytes come in.
FUZZ_SECONDS ?= 60
fuzz:
	@.ci/install-packages build
	Tests/Fuzz/fuzz.sh $(FUZZ_SECONDS)

# The whole suite under AddressSanitizer, and the concurrent modules under ThreadSanitizer. Simulated lives take minutes
# then, and keep the others waiting for longer than they may; so they come alone.
LEAKS = LSAN_OPTIONS=suppressions=$(CURDIR)/Tests/Support/leaks.txt:print_suppressions=0
sanitize:
	@.ci/install-packages build
	@.ci/install-packages test
	$(LEAKS) $(SWIFT) test --scratch-path .build-address --sanitize address --skip SimulationTests
	$(LEAKS) $(SWIFT) test --scratch-path .build-address --sanitize address --filter SimulationTests
	TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/Support/races.txt \
	  $(SWIFT) test --scratch-path .build-thread --sanitize thread \
	  --filter 'EventLoopTests|TransportTests|HTTPServerTests|SQLiteStorageTests|LNbitsSimulatorTests'

# The Autobahn suite against our WebSocket client.
conformance:
	@.ci/install-packages test
	python3 Tests/Conformance/run_autobahn.py

# Everything goes wrong at once: kills, black holes, forgeries, on a real LNbits; a quarter of an hour.
chaos: build
	Tests/Integration/environment/setup.sh tests browser lnbits-1.6.2
	WALLETWIRE_BINARY=$(BINARY) .cache/browser/bin/python Tests/Chaos/run_chaos.py --defaults \
	  --payments 2000 --bridge-kills 30 --lnbits-kills 5 --black-holes 10 --subscribers 20 --seconds 620
	WALLETWIRE_BINARY=$(BINARY) .cache/tests/bin/python Tests/Chaos/slow_readers.py

# The same in about a minute, and a store that breaks.
chaos-short: build
	Tests/Integration/environment/setup.sh tests browser lnbits-1.6.2
	WALLETWIRE_BINARY=$(BINARY) .cache/browser/bin/python Tests/Chaos/run_chaos.py
	WALLETWIRE_BINARY=$(BINARY) .cache/tests/bin/python -m pytest -q Tests/Chaos

# The table of what it costs and how fast it is, beside a floor in C and nginx with nchan; half an hour.
bench: build
	@.ci/install-packages bench
	Tests/Integration/environment/setup.sh tests lnbits-1.6.2
	WALLETWIRE_BINARY=$(BINARY) .cache/tests/bin/python Tests/Benchmarks/run.py

format:
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests

install: build
	install -D -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/walletwire
	install -d $(DESTDIR)$(PREFIX)/share/walletwire
	cp -r public $(DESTDIR)$(PREFIX)/share/walletwire/
	install -m 644 config/walletwire.example.toml $(DESTDIR)$(PREFIX)/share/walletwire/
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|/usr/local|$(PREFIX)|g' config/walletwire.service \
	  >$(DESTDIR)$(PREFIX)/lib/systemd/system/walletwire.service
	install -d $(DESTDIR)/etc/walletwire
	install -d -m 700 $(DESTDIR)/etc/walletwire/keys

clean:
	rm -rf .build .cache
