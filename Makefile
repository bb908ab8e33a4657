# Everything a person or CI does with this repository; `make help` lists it.
# The first two commands for a newcomer: `make run`, then `make test`.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
JOBS ?= 2
ROUNDS ?= 20000
BENCH ?=
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
SWIFT_FILES := Package.swift Sources Tests Examples/embed-ir/Package.swift Examples/embed-ir/Sources
PYTHON := $(if $(wildcard .venv/bin/python),.venv/bin/python,python3)
APUS := .build/release/apus
PACKAGES := libprotobuf-c-dev gcc python3
CROSS_PACKAGES := gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-riscv64-linux-gnu \
  libc6-dev-riscv64-cross qemu-user wasi-libc nodejs

.PHONY: help setup venv build release library standalone run test check bench bench-zoo \
  bench-start bench-peers docs docc conformance conformance-bytecode conformance-sanitized \
  conformance-variants export lint format budget generated golden determinism emitted \
  emitted-models fuzz-vm models pages pairs targets sanitize install clean requantization accuracy

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-21s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing (Debian packages); silent when nothing is
	@command -v swift >/dev/null || { echo "Swift 6.3 is missing: https://swift.org/install" >&2; exit 1; }
	@missing=(); \
	for package in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' \
	    || missing+=($$package); \
	done; \
	if [ $${#missing[@]} -gt 0 ]; then \
	  echo "installing $${missing[*]}"; \
	  command -v $(or $(SUDO),true) >/dev/null \
	    || { echo "there is no sudo: install them as root" >&2; exit 1; }; \
	  $(SUDO) apt-get update -q; \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -qy "$${missing[@]}"; \
	fi

# Debian's Python makes environments with a package of its own.
venv conformance conformance-sanitized conformance-variants export bench bench-zoo bench-start bench-peers: \
  PACKAGES += $(if $(wildcard .venv/installed),,python3-venv)
venv: setup .venv/installed ## Python packages for bench and conformance, in .venv

.venv/installed: Tests/Tools/requirements.txt
	python3 -m venv .venv
	.venv/bin/pip install --quiet -r $<
	touch $@

build: setup ## build for debugging
	swift build -j $(JOBS)

release: setup ## build the optimized command
	swift build -c release -j $(JOBS) --product apus

library: setup ## build the C library: .build/release/libapus-c.so
	swift build -c release -j $(JOBS) --product apus-c

standalone: setup ## build the C library with the Swift runtime inside: .build/static/release
	swift build -c release -j $(JOBS) --product apus-c --scratch-path .build/static \
	  -Xswiftc -static-stdlib
	strip --strip-unneeded .build/static/release/libapus-c.so
	Tests/Tools/check-standalone.sh .build/static/release

run: release ## compile the digits network to C and to bytecode, and watch both read digits
	Examples/digits/run.sh $(APUS)

test: setup ## build and run all tests and the examples' own checks
	swift build --build-tests -j $(JOBS)
	swift test --skip-build
	Tests/Tools/check-examples.sh

check: lint budget generated golden docs docc determinism emitted models conformance-bytecode ## what CI runs beside the tests
	swift build --build-tests -j $(JOBS) -Xswiftc -warnings-as-errors

lint: ## check the format
	swift format lint --strict --recursive $(SWIFT_FILES)

format: ## rewrite the files in the agreed format
	swift format --in-place --recursive $(SWIFT_FILES)

budget: ## check the sizes of files, functions and lines
	python3 Tests/Tools/budget.py

generated: ## rewrite the interpreter's number functions; fails if that changes any
	Sources/CApusVM/generate.py > Sources/CApusVM/Generated/machine_layer.h
	@git diff --exit-code --stat -- Sources/CApusVM/Generated

accuracy: ## the error of functions of numbers, over all numbers of 32 bits (half an hour)
	for error in 2 8 64 4096; do \
	  mkdir -p .build/accuracy-$$error; \
	  Sources/CApusVM/generate.py $$error > .build/accuracy-$$error/machine_layer.h; \
	  $(CC) -O2 -march=native -fopenmp -ffp-contract=off -Wno-psabi -DSTEP=1 -DERROR=$$error \
	    -I .build/accuracy-$$error Tests/Accuracy/math.c -o .build/accuracy-$$error/math -lm; \
	  .build/accuracy-$$error/math; \
	done

requantization: ## compare requantization in integers with floats for every sum (three minutes)
	mkdir -p .build
	$(CC) -O2 -ffp-contract=off -mavx2 -mfma -I Sources/CApusVM Tests/Accuracy/requantize.c \
	  -o .build/requantize -lm
	.build/requantize

golden: setup ## rewrite the golden files; fails if that changes any
	UPDATE_GOLDEN=1 swift test --filter Golden
	@test -z "$$(git status --porcelain -- Tests/Golden)" || { git diff --stat Tests/Golden; exit 1; }

docs: release ## rewrite the generated reference pages; fails if that changes any
	Tests/Tools/generate-docs.sh $(APUS)
	@test -z "$$(git status --porcelain -- docs/reference)" || { git diff --stat docs; exit 1; }

docc: setup ## build the DocC archives in .build/docc; warnings are errors
	Tests/Tools/docc.sh

determinism: release ## compile twice in separate processes and compare the bytes
	Tests/Tools/determinism.sh $(APUS)

emitted: release ## compile emitted C with gcc and clang, warnings as errors, and sanitize it
	Tests/Tools/check-emitted-c.sh $(APUS) Examples/digits/digits.onnx:N=1 Tests/Tools/fuzz/{strings,casts}.apir

emitted-models: release ## the same for all real models, where they are at hand (minutes)
	Tests/Tools/check-emitted-models.sh $(APUS)

pairs: release venv ## compare pairs of ONNX models with apus diff; each has the classes it should have
	$(PYTHON) Tests/Tools/check-pairs.py $(APUS)

pages: PACKAGES += chromium
pages: release ## open the pages of apus diff in a browser without a window, which this installs
	Tests/Tools/check-pages.py $(APUS)

targets: PACKAGES += $(CROSS_PACKAGES)
targets: release ## run C emitted for other machines below emulators, which this installs
	Tests/Tools/check-targets.py $(APUS)

fuzz-vm: release ## run damaged bytecode under sanitizers; ROUNDS=20000 files per program
	Tests/Tools/fuzz-vm.sh $(APUS) $(ROUNDS)

models: release ## verify real models against recorded outputs, where they are at hand
	Tests/Tools/check-models.sh $(APUS)

conformance: release venv ## run the suites of ONNX on both back ends; what passes may only grow
	Tests/Tools/conformance.sh $(APUS)

conformance-bytecode: release ## the operator cases in the interpreter, if the onnx package is there
	Tests/Tools/conformance-bytecode.sh $(APUS)

conformance-sanitized: release venv ## the operator cases in C under sanitizers (half an hour)
	JOBS=$(JOBS) Tests/Tools/conformance-sanitized.sh $(APUS)

conformance-variants: release venv ## the same for variants: constant inputs, symbolic extents
	Tests/Tools/conformance-variants.sh $(APUS)

export: release venv ## run exported models in onnxruntime and import them again (minutes)
	Tests/Tools/export.sh $(APUS)

bench: release venv ## time C and bytecode against onnxruntime; fails below the thresholds
	Tests/Tools/bench/run.sh $(APUS) --require $(BENCH)

bench-zoo: release venv ## time all models and write docs/benchmarks.md; BENCH="--threads 2"
	Tests/Tools/bench/run.sh $(APUS) --models all --docs $(BENCH)

bench-start: release venv ## the time of models to a first result, their memory and code size
	.venv/bin/python Tests/Tools/bench/start.py $(APUS) .cache/bench --docs $(BENCH)

bench-peers: release venv ## time C against onnx2c, and others that make C, where they are at hand
	.venv/bin/python Tests/Tools/bench/peers.py $(APUS) .cache/bench $(BENCH)

sanitize: release ## run the generated C under the address and undefined-behaviour sanitizers
	CFLAGS="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover" \
	  Examples/digits/run.sh $(APUS)

install: release library ## install the command, the C library, the VM and the headers below PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/lib \
	  $(DESTDIR)$(PREFIX)/share/apus/vm
	install -m 755 .build/release/libapus-c.so $(DESTDIR)$(PREFIX)/lib/libapus.so
	install -m 644 Sources/CApusLibrary/apus.h $(DESTDIR)$(PREFIX)/include
	install -m 755 $(APUS) $(DESTDIR)$(PREFIX)/bin/apus
	install -m 644 Sources/CApusVM/include/*.h $(DESTDIR)$(PREFIX)/include
	cp -R Sources/CApusVM/. $(DESTDIR)$(PREFIX)/share/apus/vm

clean: ## remove everything that was built
	rm -rf .build .venv Examples/digits/build
